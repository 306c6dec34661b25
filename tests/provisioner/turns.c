/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-turns ROUNDS <COMMANDS: how long commands take, as processes, for ci/bench. Standard input
 * has a command on each line, its words parted by blanks. They run in turn, A B C A B C, so that
 * what the machine does besides hits all alike; each round's line of output has the seconds of
 * each.
 *
 * A program of a few pages: to start processes from it is cheap, and the same for all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 16
#define MAX_WORDS    64

static char *commands[MAX_COMMANDS][MAX_WORDS + 1];

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void stop(const char *what, const char *why)
{
	fprintf(stderr, "bench-turns: %s: %s\n", what, why);
	exit(1);
}

/* The words point into the line, which stays. */
static void split(char *line, char **words)
{
	size_t n = 0;
	for (char *state, *word = strtok_r(line, " \n", &state); word;
	     word = strtok_r(NULL, " \n", &state)) {
		if (n == MAX_WORDS)
			stop(words[0], "too many words");
		words[n++] = word;
	}
	if (n == 0)
		stop("standard input", "an empty line");
}

static size_t read_commands(void)
{
	size_t n = 0, room = 0;
	for (char *line = NULL; getline(&line, &room, stdin) > 0; line = NULL, room = 0) {
		if (n == MAX_COMMANDS)
			stop(line, "too many commands");
		split(line, commands[n++]);
	}
	return n;
}

static double run(char **words, int nowhere)
{
	int status = 0;
	double began = now();
	pid_t pid = vfork();
	if (pid == 0) {
		dup2(nowhere, STDIN_FILENO);
		dup2(nowhere, STDOUT_FILENO);
		execvp(words[0], words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		stop(words[0], strerror(errno));
	double took = now() - began;
	if (status != 0) {
		fprintf(stderr, "bench-turns: %s: wait status %d\n", words[0], status);
		exit(1);
	}
	return took;
}

int main(int argc, char **argv)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (argc != 2 || nowhere < 0)
		stop("usage", "bench-turns ROUNDS <COMMANDS");
	size_t n = read_commands();
	for (long round = strtol(argv[1], NULL, 10); round > 0; round--) {
		double took[MAX_COMMANDS];
		for (size_t i = 0; i < n; i++)
			took[i] = run(commands[i], nowhere);
		for (size_t i = 0; i < n; i++)
			printf("%.7f%c", took[i], i + 1 < n ? ' ' : '\n');
	}
	return 0;
}
