/* SPDX-License-Identifier: Apache-2.0 */
#include "base/classes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const struct sbx_class sbx_classes[SBX_N_CLASSES] = {
#define CLASS(name, includes, title, calls)	 {name, NULL, includes, title, calls},
#define RUNTIME(name, programs, includes, calls) {name, programs, includes, NULL, calls},
#include "base/classes.def"
#undef CLASS
#undef RUNTIME
};

_Static_assert(SBX_N_CLASSES <= 64, "a set of classes is a mask of 64 bits");

/* What arm64 never had, since it came late: younger calls do the same. */
static const char not_on_arm64[] =
	"_sysctl access alarm arch_prctl chmod chown creat create_module dup2 "
	"epoll_create epoll_ctl_old epoll_wait epoll_wait_old eventfd fork futimesat "
	"get_kernel_syms get_thread_area getdents getpgrp inotify_init ioperm iopl lchown "
	"link lstat mkdir mknod modify_ldt open pause pipe poll query_module readlink "
	"rename rmdir select set_thread_area signalfd stat symlink sysfs time unlink "
	"uselib ustat utime utimes vfork";

#define MAX_CALLS 512 /* a set's; the kernel has some 380 */

int sbx_class_next_word(const char **list, const char **out_word, size_t *out_n_bytes)
{
	*out_word = *list + strspn(*list, " ");
	*out_n_bytes = strcspn(*out_word, " ");
	*list = *out_word + *out_n_bytes;
	return *out_n_bytes > 0;
}

static bool has_word(const char *list, const char *word, size_t n_bytes)
{
	const char *each;
	size_t n;
	while (sbx_class_next_word(&list, &each, &n))
		if (n == n_bytes && memcmp(each, word, n) == 0)
			return true;
	return false;
}

int sbx_class_find(const char *name, size_t n_bytes)
{
	for (int i = 0; i < SBX_N_CLASSES; i++)
		if (strlen(sbx_classes[i].name) == n_bytes &&
		    memcmp(sbx_classes[i].name, name, n_bytes) == 0)
			return i;
	return -1;
}

int sbx_class_of_program(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;
	size_t n = strlen(name);
	/* "python3.11" as it is, then "python3.", "python3", "python": the longest that fits. */
	for (;; n--) {
		for (int i = 0; n > 0 && i < SBX_N_CLASSES; i++)
			if (sbx_classes[i].programs && has_word(sbx_classes[i].programs, name, n))
				return i;
		if (n == 0 || !strchr("0123456789.-", name[n - 1]))
			return -1;
	}
}

uint64_t sbx_classes_complete(uint64_t classes)
{
	uint64_t before;
	do {
		before = classes;
		for (int i = 0; i < SBX_N_CLASSES; i++) {
			const char *list = sbx_classes[i].includes, *name;
			size_t n;
			while (classes & UINT64_C(1) << i &&
			       sbx_class_next_word(&list, &name, &n)) {
				int found = sbx_class_find(name, n);
				if (found >= 0)
					classes |= UINT64_C(1) << found;
			}
		}
	} while (classes != before);
	return classes;
}

int sbx_classes_parse(const char *list, uint64_t *out, struct sbx_error *err)
{
	uint64_t classes = 1; /* base */
	for (const char *name = list;; name += strcspn(name, ",") + 1) {
		size_t n = strcspn(name, ",");
		int found = sbx_class_find(name, n);
		if (found < 0)
			return sbx_fail(err, SBX_E_USAGE,
					"'%.*s': no such class; sbx-provision --classes lists them",
					(int)n, name);
		classes |= UINT64_C(1) << found;
		if (!name[n])
			break;
	}
	*out = sbx_classes_complete(classes);
	return 0;
}

struct call {
	const char *name;
	size_t n_bytes;
};

/* By name; what has a condition behind what has none. */
static int compare_calls(const void *a, const void *b)
{
	const struct call *x = a, *y = b;
	size_t n = x->n_bytes < y->n_bytes ? x->n_bytes : y->n_bytes;
	int order = memcmp(x->name, y->name, n);
	return order ? order : (x->n_bytes > y->n_bytes) - (x->n_bytes < y->n_bytes);
}

/* Is `call` the same as `before`, or the same with a condition? */
static bool is_covered(const struct call *before, const struct call *call)
{
	return call->n_bytes >= before->n_bytes &&
	       memcmp(before->name, call->name, before->n_bytes) == 0 &&
	       (call->n_bytes == before->n_bytes || call->name[before->n_bytes] == '(');
}

/* '(' sorts before letters: a call's conditions come right behind the call itself. */
static size_t collect(uint64_t classes, const char *architecture, struct call calls[MAX_CALLS])
{
	bool is_x86 = strcmp(architecture, "amd64") == 0 || strcmp(architecture, "x86_64") == 0;
	size_t n = 0, n_kept = 0;
	for (int i = 0; i < SBX_N_CLASSES; i++) {
		const char *list = sbx_classes[i].calls;
		struct call call;
		while (classes & UINT64_C(1) << i &&
		       sbx_class_next_word(&list, &call.name, &call.n_bytes))
			if ((is_x86 || !has_word(not_on_arm64, call.name, call.n_bytes)) &&
			    n < MAX_CALLS)
				calls[n++] = call;
		/* Each class on its own is short; sorting as it grows keeps the array small. */
		qsort(calls, n, sizeof(*calls), compare_calls);
		n_kept = 0;
		for (size_t k = 0; k < n; k++)
			if (n_kept == 0 || !is_covered(&calls[n_kept - 1], &calls[k]))
				calls[n_kept++] = calls[k];
		n = n_kept;
	}
	return n;
}

char **sbx_classes_calls(uint64_t classes, const char *architecture)
{
	struct call calls[MAX_CALLS];
	size_t n = collect(classes, architecture, calls), n_bytes = 0;
	for (size_t i = 0; i < n; i++)
		n_bytes += calls[i].n_bytes + 1;
	char **names = malloc((n + 1) * sizeof(*names) + n_bytes);
	if (!names)
		return NULL;
	char *text = (char *)(names + n + 1);
	for (size_t i = 0; i < n; i++) {
		names[i] = text;
		memcpy(text, calls[i].name, calls[i].n_bytes);
		text[calls[i].n_bytes] = '\0';
		text += calls[i].n_bytes + 1;
	}
	names[n] = NULL;
	return names;
}
