/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/collect.h"
#include "base/fd.h"
#include "provisioner/watch.h"

#define MAX_OUTPUT_FILES 100000

int sbx_record_open(struct sbx_record *record, unsigned wanted, struct sbx_error *err)
{
	void *ledger = mmap(NULL, sizeof(*record->ledger), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ledger == MAP_FAILED)
		return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "record");
	record->wanted = wanted;
	record->ledger = ledger;
	return 0;
}

void sbx_record_release(struct sbx_record *record)
{
	if (record->ledger)
		munmap(record->ledger, sizeof(*record->ledger));
	for (unsigned i = 0; i < record->written.n_paths; i++)
		free(record->written.path[i].path);
	sbx_close(&record->layers_fd);
	*record = (struct sbx_record)SBX_RECORD_INIT;
}

/* The first thing that is left out is named, the others are counted. */
struct left_out {
	char *first;
	const char *why;
};

static void remember(const char *name, const char *why, void *data)
{
	struct left_out *left = data;
	if (left->first)
		return;
	left->first = strdup(name);
	left->why = why;
	for (char *c = left->first; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
}

int sbx_record_collect(struct sbx_record *record, const struct sbx_options *options,
		       struct sbx_error *err)
{
	struct left_out left = {0};
	struct statvfs room;
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	if (mkdir(options->output, 0755) < 0 && errno != EEXIST)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--output %s", options->output);
	SBX_CLEANUP_FD int to = open(options->output, flags);
	if (to < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--output %s", options->output);
	/* There never was a sandbox. */
	if (record->layers_fd < 0)
		return 0;
	SBX_CLEANUP_FD int from = openat(record->layers_fd, "output", flags | O_NOFOLLOW);
	if (from < 0 || fstatvfs(from, &room) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--output: /output");
	/* No more than there was room for: a file with holes or many names can seem larger. */
	struct sbx_collect c = {
		.max_bytes = (uint64_t)room.f_blocks * room.f_frsize,
		.max_files = MAX_OUTPUT_FILES,
		.left_out = remember,
		.data = &left,
	};
	int failed = sbx_collect_below(from, to, &c, err);
	record->has_output = true;
	record->n_output_files = c.n_files;
	record->n_output_bytes = c.n_bytes;
	record->n_left_out = c.n_left_out;
	if (c.n_left_out)
		fprintf(stderr, "sbx-provision: warning: --output: %s is %s and was left out%s\n",
			left.first ? left.first : "", left.why,
			c.n_left_out > 1 ? ", with others" : "");
	free(left.first);
	return failed < 0 ? sbx_error_prefix(err, "--output %s", options->output) : 0;
}

static void add_written(const struct sbx_written *written, struct sbx_json *w)
{
	sbx_json_begin_object(w, "written");
	sbx_json_int(w, "files", (int64_t)written->n_files);
	sbx_json_int(w, "bytes", (int64_t)written->n_bytes);
	sbx_json_int(w, "deleted", (int64_t)written->n_deleted);
	sbx_json_bool(w, "complete", !written->is_incomplete);
	sbx_json_begin_array(w, "paths");
	for (unsigned i = 0; i < written->n_paths; i++) {
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "path", written->path[i].path);
		sbx_json_string(w, "what", written->path[i].what);
		sbx_json_int(w, "bytes", (int64_t)written->path[i].n_bytes);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
	sbx_json_end_object(w);
}

static void add_output(const struct sbx_record *record, struct sbx_json *w)
{
	sbx_json_begin_object(w, "output");
	sbx_json_int(w, "files", (int64_t)record->n_output_files);
	sbx_json_int(w, "bytes", (int64_t)record->n_output_bytes);
	sbx_json_int(w, "left_out", (int64_t)record->n_left_out);
	sbx_json_bool(w, "complete", !record->output_failed);
	sbx_json_end_object(w);
}

/* The ledger lies in memory that the sandbox's first process can write: each count is bounded. */
static void add_refused(const struct sbx_ledger *ledger, struct sbx_json *w)
{
	sbx_json_begin_array(w, "refused");
	for (unsigned i = 0; i < SBX_LEDGER_CALLS; i++) {
		uint32_t count = ledger->refused[i];
		char number[24];
		if (!count)
			continue;
		const char *name = sbx_call_name(i), *error = strerrorname_np(ledger->answer[i]);
		snprintf(number, sizeof(number), "call-%u", i);
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "call", name ? name : number);
		sbx_json_string(w, "errno", error ? error : "EPERM");
		sbx_json_int(w, "count", count);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
}

static void add_network(const struct sbx_ledger *ledger, struct sbx_json *w)
{
	unsigned n = ledger->n_peers < SBX_MAX_PEERS ? ledger->n_peers : SBX_MAX_PEERS;
	sbx_json_begin_object(w, "network");
	sbx_json_int(w, "attempts", (int64_t)(ledger->n_attempts & INT64_MAX));
	sbx_json_bool(w, "complete", !ledger->has_more_peers);
	sbx_json_begin_array(w, "peers");
	for (unsigned i = 0; i < n; i++) {
		const struct sbx_peer *peer = &ledger->peer[i];
		char text[INET6_ADDRSTRLEN] = "";
		inet_ntop(peer->is_6 ? AF_INET6 : AF_INET, peer->address, text, sizeof(text));
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "address", text);
		sbx_json_int(w, "port", peer->port);
		sbx_json_int(w, "count", peer->count);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
	sbx_json_end_object(w);
}

void sbx_record_add_json(const struct sbx_record *record, struct sbx_json *w)
{
	if (record->has_output)
		add_output(record, w);
	if (record->has_written)
		add_written(&record->written, w);
	if (record->wanted & SBX_RECORD_CALLS)
		add_refused(record->ledger, w);
	if (record->wanted & SBX_RECORD_NETWORK)
		add_network(record->ledger, w);
}
