/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker daemon at its barest, for ci/bench: asks a server for sandboxes that run /bin/true.
 *
 *	bench-client SOCKET TEMPLATE N 1 [MS]	one after the other, with a pause of MS milliseconds
 *						before each: their seconds, a line each
 *	bench-client SOCKET TEMPLATE N M	M at once: the seconds of all
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "provisioner/client.h"

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void fail(const struct sbx_error *err)
{
	fprintf(stderr, "bench-client: %s\n", err->message);
	exit(1);
}

static void create(struct sbx_connection *c, const char *template)
{
	const char *words[] = {template, "--", "/bin/true", NULL};
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_message m = {.type = SBX_MESSAGE_CREATE};
	if (sbx_connection_send(c, &m, words, (struct sbx_descriptors){0}, &err) < 0)
		fail(&err);
}

static void await_end(struct sbx_connection *c)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_message m;
	const char *words;
	do {
		if (sbx_connection_receive(c, &m, &words, &err) < 0)
			fail(&err);
		if (m.type == SBX_MESSAGE_ERROR) {
			sbx_connection_fail(&m, words, &err);
			fail(&err);
		}
	} while (m.type != SBX_MESSAGE_ENDED);
}

int main(int argc, char **argv)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_connection c;
	if (argc < 5 || argc > 6)
		return 2;
	const struct timespec pause = {.tv_nsec = argc == 6 ? atol(argv[5]) * 1000000 : 0};
	if (sbx_connection_open(&c, argv[1], &err) < 0)
		fail(&err);
	long n = atol(argv[3]), at_once = atol(argv[4]), sent = 0;
	double began = now();
	for (long ended = 0; ended < n; ended++) {
		if (pause.tv_nsec)
			nanosleep(&pause, NULL);
		double asked = now();
		for (; sent < n && sent - ended < at_once; sent++)
			create(&c, argv[2]);
		await_end(&c);
		if (at_once == 1)
			printf("%.9f\n", now() - asked);
	}
	if (at_once > 1)
		printf("%.9f\n", now() - began);
	sbx_connection_close(&c);
	return 0;
}
