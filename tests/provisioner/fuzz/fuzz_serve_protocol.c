/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the number of descriptors, the rest a packet that a client sends. */
#include <stdlib.h>
#include <string.h>

#include "provisioner/protocol.h"
#include "provisioner/words.h"
#include "tests/lib/fuzz/fuzz.h"

/* What a slot's keeper does with the words of a request before it opens anything. */
static void read_words(const char **words, uint32_t n)
{
	static const char *shared[] = {"/nowhere", NULL};
	const struct sbx_slots slots = {.shared = shared, .host_net_fd = -1};
	SBX_CLEANUP_OPTIONS struct sbx_options options = SBX_OPTIONS_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	options.is_live = true;
	if (sbx_words_check(&slots, (int)n, (char *const *)words, &err) < 0 ||
	    sbx_options_parse(&options, (int)n, (char **)words, &err) < 0) {
		if (err.code == SBX_OK || !*err.message)
			abort();
		return;
	}
	/* Nothing of these may come from a client. */
	if (options.help)
		return;
	if (options.status_fd >= 0 || options.root_dir || options.dry_run ||
	    options.profile != SBX_PROFILE_TASK)
		abort();
	if (sbx_words_check_options(&slots, &options, &err) == 0 && strchr(options.template, '/'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	struct sbx_message m;
	const char *text = NULL;
	struct sbx_error err = SBX_ERROR_INIT;
	if (n_bytes == 0)
		return 0;
	/* Exactly as large as the packet: one byte too far is seen. */
	size_t n = n_bytes - 1;
	char *packet = malloc(n ? n : 1);
	memcpy(packet, data + 1, n);
	if (sbx_message_decode(packet, n, data[0], &m, &text, &err) == 0) {
		const char **words = sbx_message_words(&m, text);
		size_t total = sizeof(m);
		for (uint32_t i = 0; i < m.n_words; i++)
			total += strlen(words[i]) + 1;
		if (total != n || !sbx_message_name(m.type))
			abort();
		if (m.type == SBX_MESSAGE_CREATE)
			read_words(words, m.n_words);
		free(words);
	} else if (err.code == SBX_OK || !*err.message) {
		abort();
	}
	free(packet);
	return 0;
}
