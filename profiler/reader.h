/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_READER_H
#define SBX_PROFILER_READER_H

#include "profiler/task.h"

/*
 * Private to profiler/: texts are parsed in processes of their own, one for each processor and
 * started as they are needed, never more than there is work for. Such a process gets a text and
 * gives facts back; it can open nothing, reach nobody, and ends when it takes too much memory or
 * time (profiler/confine.h). What kills it costs the facts of one file.
 */
#define N_READ_AHEAD	 64		    /* files that may be given before the first is taken */
#define N_MAX_FACT_BYTES ((size_t)32 << 20) /* of one file */
#define N_MAX_DATA_BYTES ((size_t)1 << 30)  /* that a process may map; SBX_PROBLEM_NO_MEMORY */
/* Processor time for a file, and time on the wall; a parser keeps to less by itself. */
#define READ_LIMIT_USEC	   (3 * PARSE_LIMIT_USEC)
#define READ_PATIENCE_USEC (2 * PARSE_PATIENCE_USEC)
#define RETIRE_USEC	   20000000 /* a process that has worked that long is replaced ... */
#define N_CPU_SECONDS	   60	    /* ... before the system ends it for this */

struct sbx_readers;

/* NULL without memory. Starts no process yet. */
struct sbx_readers *sbx_readers_new(struct sbx_error *err);
/* Ends what still works; NULL is fine. */
void sbx_readers_free(struct sbx_readers *readers);

/* A file to be parsed, which must outlive the readers. At most N_READ_AHEAD more than taken. */
int sbx_readers_give(struct sbx_readers *readers, const struct sbx_file *file,
		     struct sbx_error *err);

/*
 * Wait for the first file that was given and not taken yet. *out_x (zeroed before) tells by
 * `problem` what went wrong with the file; this fails only for want of memory or processes, or when
 * a language's own data is at fault.
 */
int sbx_readers_take(struct sbx_readers *readers, struct sbx_extraction *out_x,
		     struct sbx_error *err);

/* reader_process.c: what the process does; `fd` is its end of the socket. Never returns. */
void sbx_reader_serve(int fd) __attribute__((noreturn));

/* What goes over the socket: a request, the file's path and bytes; a reply, an extraction. */
struct sbx_reader_request {
	uint32_t language; /* sbx_language_number() */
	uint32_t n_path;
	uint32_t n_bytes;
};
struct sbx_reader_reply {
	uint32_t code; /* SBX_OK; else a message follows: no fault of the text's */
	uint32_t n_bytes;
};
/* The exit status of a process that wanted more memory than it may have. */
#define READER_EXIT_NO_MEMORY 3

/* All n bytes; false at the end of the stream, on failure and when the socket's time is up. */
bool sbx_reader_read_all(int fd, void *data, size_t n);

#endif
