/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_CLASSES_H
#define SBX_BASE_CLASSES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Capability classes and run-times, and the system calls they take: the table in base/classes.def.
 * The profiler predicts with it, the provisioner enforces with it. A set of classes is a mask: bit
 * i stands for sbx_classes[i].
 */
struct sbx_class {
	const char *name;     /* "net.client", "python3" */
	const char *programs; /* a run-time's commands; NULL: a capability class */
	const char *includes; /* names of other classes */
	const char *title;    /* for people; NULL for a run-time */
	const char *calls;    /* names, some with a condition: "socket(AF_INET)" */
};

enum sbx_class_number {
#define CLASS(...)   +1
#define RUNTIME(...) +1
	SBX_N_CLASSES = 0
#include "base/classes.def"
#undef CLASS
#undef RUNTIME
};

extern const struct sbx_class sbx_classes[SBX_N_CLASSES];

/*
 * The conditions that a call in the table may have: X(call, name, argument, mask, value) holds
 * when (argument & mask) == value.
 */
#define SBX_CALL_CONDITIONS(X)                                                                     \
	X("socket", "AF_UNIX", 0, 0xffffffff, 1)                                                   \
	X("socket", "AF_INET", 0, 0xffffffff, 2)                                                   \
	X("socket", "AF_INET6", 0, 0xffffffff, 10)                                                 \
	X("socket", "AF_NETLINK", 0, 0xffffffff, 16)                                               \
	X("clone", "CLONE_THREAD", 0, 0x10000, 0x10000)

/* The class of that name, -1: there is none. */
int sbx_class_find(const char *name, size_t n_bytes);

/*
 * The run-time that a command is, -1: none that the table knows. The folder and a version do not
 * count: "/usr/bin/python3.11" is python3's.
 */
int sbx_class_of_program(const char *program);

/* The same set and all that it includes. */
uint64_t sbx_classes_complete(uint64_t classes);

/*
 * A list with commas, as a set with all that it includes; `base` is always in it. SBX_E_USAGE names
 * what is no class; *out is untouched then.
 */
int sbx_classes_parse(const char *list, uint64_t *out, struct sbx_error *err);

/*
 * The calls of a set that an architecture has (Debian's name or the kernel's: "amd64", "x86_64",
 * "arm64", "aarch64"; others are taken to be like arm64), sorted, NULL-ended, one allocation for
 * the caller to free. A call without a condition stands for those with one. NULL without memory.
 */
char **sbx_classes_calls(uint64_t classes, const char *architecture);

/* The next of the words in a list of the table: TRUE with its place, 0 at the end. */
int sbx_class_next_word(const char **list, const char **out_word, size_t *out_n_bytes);

#endif
