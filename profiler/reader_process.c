/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "profiler/confine.h"
#include "profiler/reader.h"
#include "profiler/wire.h"

/* In a process of its own: texts in, facts out, over descriptor 0. */

bool sbx_reader_read_all(int fd, void *data, size_t n)
{
	for (char *at = data; n;) {
		ssize_t got = read(fd, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

/* The parser's runtime would print and abort. */
static void *check(void *p)
{
	if (!p)
		_exit(READER_EXIT_NO_MEMORY);
	return p;
}

static void *get(size_t n)
{
	return check(malloc(n));
}

static void *get_zeroed(size_t n, size_t size)
{
	return check(calloc(n, size));
}

static void *get_more(void *p, size_t n)
{
	return check(realloc(p, n));
}

static void reply(enum sbx_code code, const char *data, size_t n)
{
	struct sbx_reader_reply head = {code, (uint32_t)n};
	if (sbx_write_all(0, &head, sizeof(head)) < 0 || sbx_write_all(0, data, n) < 0)
		_exit(1);
}

static void serve_one(const struct sbx_file *file, const char *data)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_extraction x = {0};
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	if (sbx_extract_source(&x, file, data, &err) < 0) {
		if (err.code == SBX_E_NO_SPACE)
			_exit(READER_EXIT_NO_MEMORY);
		reply(err.code, err.message, strlen(err.message));
	} else {
		sbx_wire_add(&out, &x);
		if (out.n_bytes > N_MAX_FACT_BYTES) {
			struct sbx_extraction none = {.problem = SBX_PROBLEM_TOO_MUCH};
			out.n_bytes = 0;
			sbx_wire_add(&out, &none);
		}
		if (out.failed)
			_exit(READER_EXIT_NO_MEMORY);
		reply(SBX_OK, out.data, out.n_bytes);
	}
	sbx_extraction_release(&x);
}

void sbx_reader_serve(int fd)
{
	struct sbx_reader_request request;
	if (!sbx_confine(fd, N_MAX_DATA_BYTES, N_CPU_SECONDS))
		_exit(1);
	ts_set_allocator(get, get_zeroed, get_more, free);
	while (sbx_reader_read_all(0, &request, sizeof(request))) {
		SBX_CLEANUP_FREE char *path = get((size_t)request.n_path + 1);
		SBX_CLEANUP_FREE char *data = get((size_t)request.n_bytes + 1);
		if (!sbx_reader_read_all(0, path, request.n_path) ||
		    !sbx_reader_read_all(0, data, request.n_bytes))
			break;
		path[request.n_path] = data[request.n_bytes] = '\0';
		const struct sbx_file file = {
			.path = path,
			.n_bytes = request.n_bytes,
			.language = sbx_language_by_number(request.language),
		};
		serve_one(&file, data);
	}
	_exit(0);
}
