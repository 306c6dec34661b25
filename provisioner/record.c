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
#include "base/names.h"
#include "provisioner/watch.h"

#define MAX_OUTPUT_FILES 100000

int sbx_record_adopt(struct sbx_record *record, unsigned wanted, int fd, struct sbx_error *err)
{
	struct stat st;
	/* Whoever else has it must not be able to take it from under our hands (SIGBUS). */
	int seals = fd < 0 ? 0 : fcntl(fd, F_GET_SEALS);
	if (seals >= 0 && (!(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
			   st.st_size < (off_t)sizeof(*record->ledger)))
		return sbx_fail(err, SBX_E_SANDBOX, "the record is no ledger");
	void *ledger = seals < 0 ? MAP_FAILED
				 : mmap(NULL, sizeof(*record->ledger), PROT_READ | PROT_WRITE,
					MAP_SHARED, fd, 0);
	if (ledger == MAP_FAILED)
		return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "record");
	record->wanted = wanted;
	record->ledger = ledger;
	return 0;
}

int sbx_record_open(struct sbx_record *record, unsigned wanted, int *out_fd, struct sbx_error *err)
{
	if (!out_fd) {
		void *ledger = mmap(NULL, sizeof(*record->ledger), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (ledger == MAP_FAILED)
			return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "record");
		record->wanted = wanted;
		record->ledger = ledger;
		return 0;
	}
	SBX_CLEANUP_FD int fd = memfd_create("sbx-ledger", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, sizeof(*record->ledger)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "record");
	if (sbx_record_adopt(record, wanted, fd, err) < 0)
		return -1;
	*out_fd = sbx_steal_fd(&fd);
	return 0;
}

void sbx_record_show_children(const struct sbx_record *record)
{
	if (record->ledger)
		madvise(record->ledger, sizeof(*record->ledger), MADV_DOFORK);
}

void sbx_record_hide_from_children(const struct sbx_record *record)
{
	if (record->ledger)
		madvise(record->ledger, sizeof(*record->ledger), MADV_DONTFORK);
}

void sbx_record_release(struct sbx_record *record)
{
	if (record->ledger)
		munmap(record->ledger, sizeof(*record->ledger));
	for (unsigned i = 0; record->written && i < record->written->n_paths; i++)
		free(record->written->path[i].path);
	free(record->written);
	free(record->left_out);
	sbx_close(&record->layers_fd);
	*record = (struct sbx_record)SBX_RECORD_INIT;
}

/* The first thing that is left out is named, the others are counted. */
static void remember(const char *name, const char *why, void *data)
{
	struct sbx_record *record = data;
	if (record->left_out)
		return;
	record->left_out = strdup(name);
	record->why_left_out = why;
	for (char *c = record->left_out; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
}

int sbx_record_collect(struct sbx_record *record, int to_dfd, struct sbx_error *err)
{
	struct statvfs room;
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
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
		.data = record,
	};
	int failed = sbx_collect_below(from, to_dfd, &c, err);
	record->has_output = true;
	record->output_failed = failed < 0;
	record->n_output_files = c.n_files;
	record->n_output_bytes = c.n_bytes;
	record->n_left_out = c.n_left_out;
	return failed;
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
		const char *name = sbx_call_name(i), *error = sbx_errno_name(ledger->answer[i]);
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
	if (record->written)
		add_written(record->written, w);
	if (record->wanted & SBX_RECORD_CALLS)
		add_refused(record->ledger, w);
	if (record->wanted & SBX_RECORD_NETWORK)
		add_network(record->ledger, w);
}
