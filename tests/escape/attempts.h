/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_ESCAPE_ATTEMPTS_H
#define SBX_TESTS_ESCAPE_ATTEMPTS_H

/*
 * An attempt is one thing that hostile code would try. It ends with one of these as its exit
 * status; being killed for it (SIGSYS, SIGKILL) counts as refused.
 */
enum outcome { GOT_OUT = 0, REFUSED = 1, COULD_NOT_TRY = 3 };

/*
 * `needs` says which protection holds it back, in the words of docs/security.md. `bite` says how
 * the test is seen to fail without that protection:
 *	without:A,B	in tests/escape/weakened, with these operations left out of the plan
 *	host		outside, as the same user
 *	root		outside, as root alone (others lack the right anyway)
 *	unshared	in new mount, network, IPC and host name namespaces, otherwise as it is
 *	options		in a sandbox without the options in question (driver.py knows them)
 *	custom		as driver.py has it
 *	no: REASON	not shown
 */
struct attempt {
	const char *name;
	int (*run)(void);
	const char *needs, *bite;
	const char *title; /* what it tries, and after whom */
};

/* One table for each topic, ended by a row without a name. */
extern const struct attempt attempts_on_files[], attempts_on_mounts[], attempts_on_descriptors[],
	attempts_on_processes[], attempts_on_rights[], attempts_on_namespaces[],
	attempts_on_network[], attempts_on_devices[], attempts_on_syscalls[],
	attempts_on_resources[], attempts_on_memory[];

/* A fact of the host that driver.py passes as an argument NAME=VALUE; "" when it is not there. */
const char *fact(const char *name);
long fact_number(const char *name);

/* It must not work at all. */
int must_fail(const char *what, long result);
/*
 * It must be stopped before the kernel looks at its arguments, which are inert: any other error
 * than a refusal's means that it got through.
 */
int must_be_barred(const char *what, long result);
/* The worse of two: GOT_OUT, then COULD_NOT_TRY. */
int worse(int a, int b);
int could_not_try(const char *what);
int got_out(const char *what);

/* Read a file's first bytes as text; its length, -1 with errno. */
long read_text(const char *path, char *text, unsigned long room);
int write_text(const char *path, const char *text);

#endif
