/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempts NAME [FACT=VALUE...]: try one way out of a sandbox; see attempts.h.
 * attempts --list: a line for each, its fields parted by tabs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static const struct {
	const char *topic;
	const struct attempt *table;
} topics[] = {
	{"files", attempts_on_files},
	{"mounts", attempts_on_mounts},
	{"descriptors", attempts_on_descriptors},
	{"processes", attempts_on_processes},
	{"rights", attempts_on_rights},
	{"namespaces", attempts_on_namespaces},
	{"network", attempts_on_network},
	{"devices", attempts_on_devices},
	{"syscalls", attempts_on_syscalls},
	{"resources", attempts_on_resources},
	{"memory", attempts_on_memory},
};

static char **facts;

const char *fact(const char *name)
{
	size_t n = strlen(name);
	for (char **f = facts; *f; f++)
		if (strncmp(*f, name, n) == 0 && (*f)[n] == '=')
			return *f + n + 1;
	return "";
}

long fact_number(const char *name)
{
	return strtol(fact(name), NULL, 10);
}

int must_fail(const char *what, long result)
{
	if (result >= 0)
		return got_out(what);
	printf("%s: %s\n", what, strerrorname_np(errno));
	return REFUSED;
}

int must_be_barred(const char *what, long result)
{
	if (result >= 0)
		return got_out(what);
	printf("%s: %s\n", what, strerrorname_np(errno));
	return errno == EPERM || errno == ENOSYS || errno == EAFNOSUPPORT ||
			       errno == EPROTONOSUPPORT
		       ? REFUSED
		       : GOT_OUT;
}

int worse(int a, int b)
{
	if (a == GOT_OUT || b == GOT_OUT)
		return GOT_OUT;
	return a == COULD_NOT_TRY || b == COULD_NOT_TRY ? COULD_NOT_TRY : REFUSED;
}

int could_not_try(const char *what)
{
	printf("could not try: %s: %s\n", what, strerror(errno));
	return COULD_NOT_TRY;
}

int got_out(const char *what)
{
	printf("GOT OUT: %s\n", what);
	return GOT_OUT;
}

long read_text(const char *path, char *text, unsigned long room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	long n = read(fd, text, room - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(fd);
	return n;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	long n = write(fd, text, strlen(text));
	int why = errno;
	close(fd);
	errno = why;
	return n < 0 ? -1 : 0;
}

static int list(void)
{
	for (size_t t = 0; t < sizeof(topics) / sizeof(topics[0]); t++)
		for (const struct attempt *a = topics[t].table; a->name; a++)
			printf("%s\t%s\t%s\t%s\t%s\n", a->name, topics[t].topic, a->needs, a->bite,
			       a->title);
	return 0;
}

int main(int argc, char **argv)
{
	/* A fault in here must not look like an escape, nor fill the host's journal. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return list();
	facts = argv + (argc > 1 ? 2 : 1);
	for (size_t t = 0; argc > 1 && t < sizeof(topics) / sizeof(topics[0]); t++)
		for (const struct attempt *a = topics[t].table; a->name; a++)
			if (strcmp(a->name, argv[1]) == 0)
				return a->run();
	fprintf(stderr, "attempts: no such attempt\n");
	return COULD_NOT_TRY;
}
