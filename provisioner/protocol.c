/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/protocol.h"

#include <stdlib.h>
#include <string.h>

static const struct row {
	uint32_t type;
	const char *name;
	uint32_t least_words, most_words;
	unsigned least_fds, most_fds;
} rows[] = {
#define X(type, number, name, w0, w1, d0, d1) {number, name, w0, w1, d0, d1},
	SBX_MESSAGE_TABLE(X)
#undef X
};

static const struct row *find_row(uint32_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

const char *sbx_message_name(uint32_t type)
{
	const struct row *row = find_row(type);
	return row ? row->name : NULL;
}

static uint32_t flags_of(uint32_t type)
{
	return type == SBX_MESSAGE_CREATE ? SBX_FLAGS : type == SBX_MESSAGE_OK ? SBX_FLAG_MORE : 0;
}

static int check_words(const struct sbx_message *m, const char *words, size_t n_bytes,
		       struct sbx_error *err)
{
	const char *at = words, *end = words + n_bytes;
	for (uint32_t i = 0; i < m->n_words; i++) {
		const char *nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
		if (!nul)
			return sbx_fail(err, SBX_E_INPUT, "a message has fewer words than it says");
		at = nul + 1;
	}
	if (at != end)
		return sbx_fail(err, SBX_E_INPUT, "a message goes on behind its last word");
	return 0;
}

int sbx_message_decode(const void *packet, size_t n_bytes, unsigned n_fds, struct sbx_message *out,
		       const char **out_words, struct sbx_error *err)
{
	memset(out, 0, sizeof(*out));
	if (n_bytes < sizeof(*out))
		return sbx_fail(err, SBX_E_INPUT, "a message is shorter than its header");
	memcpy(out, packet, sizeof(*out));
	const struct row *row = find_row(out->type);
	if (!row)
		return sbx_fail(err, SBX_E_INPUT, "%u: no such type of message", out->type);
	if (out->unused || out->flags & ~flags_of(out->type))
		return sbx_fail(err, SBX_E_INPUT, "%s: an unknown flag is set", row->name);
	if (out->n_words < row->least_words || out->n_words > row->most_words)
		return sbx_fail(err, SBX_E_INPUT, "%s: %u words; %u to %u were expected", row->name,
				out->n_words, row->least_words, row->most_words);
	/* None or all: half of them would leave open whose they are. */
	const uint32_t given = out->type == SBX_MESSAGE_CREATE ? out->flags : 0;
	unsigned more = !!(given & SBX_FLAG_INPUT) + !!(given & SBX_FLAG_OUTPUT);
	if (n_fds != row->least_fds + more && n_fds != row->most_fds + more)
		return sbx_fail(err, SBX_E_INPUT, "%s: %u descriptors; %u or %u were expected",
				row->name, n_fds, row->least_fds + more, row->most_fds + more);
	if (out->type == SBX_MESSAGE_EXEC &&
	    (out->value < 0 || (uint32_t)out->value >= out->n_words || out->command == 0))
		return sbx_fail(err, SBX_E_INPUT, "exec: no command or no number for it");
	const char *words = (const char *)packet + sizeof(*out);
	if (check_words(out, words, n_bytes - sizeof(*out), err) < 0)
		return -1;
	*out_words = words;
	return 0;
}

const char **sbx_message_words(const struct sbx_message *m, const char *words)
{
	const char **list = calloc((size_t)m->n_words + 1, sizeof(*list));
	for (uint32_t i = 0; list && i < m->n_words; i++) {
		list[i] = words;
		words += strlen(words) + 1;
	}
	return list;
}
