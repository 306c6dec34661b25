/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weakened WITHOUT run ...: sbx-provision with some of its protections left out, to see that an
 * attempt gets out then. A program of the tests alone: it is linked from the same objects, and the
 * linker's --wrap puts these functions in front of theirs. WITHOUT is a list with commas of
 *	operations of the plan by name (seccomp, bounding-set, pivot, read-only, ...)
 *	close			what the caller had open stays open
 *	check-descriptors	0, 1 and 2 may be anything
 *	session			no session of its own
 *	not-dumpable		process 1 can be looked into
 *	cgroup-namespace	the host's tree of cgroups is seen
 */
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provisioner/plan.h"
#include "provisioner/run.h"

static const char *without = "";

static bool is_without(const char *name)
{
	size_t n = strlen(name);
	for (const char *p = without; (p = strstr(p, name)) != NULL; p++)
		if ((p == without || p[-1] == ',') && (p[n] == ',' || !p[n]))
			return true;
	return false;
}

int __real_sbx_plan_make(struct sbx_plan *plan, const struct sbx_options *options,
			 const struct sbx_host *host, struct sbx_error *err);
int __wrap_sbx_plan_make(struct sbx_plan *plan, const struct sbx_options *options,
			 const struct sbx_host *host, struct sbx_error *err);
int __wrap_sbx_plan_make(struct sbx_plan *plan, const struct sbx_options *options,
			 const struct sbx_host *host, struct sbx_error *err)
{
	if (__real_sbx_plan_make(plan, options, host, err) < 0)
		return -1;
	size_t kept = 0;
	for (size_t i = 0; i < plan->n_ops; i++)
		if (!is_without(sbx_op_name(plan->ops[i].kind)))
			plan->ops[kept++] = plan->ops[i];
	plan->n_ops = kept;
	if (is_without("cgroup-namespace"))
		plan->namespaces &= ~(unsigned)CLONE_NEWCGROUP;
	return 0;
}

pid_t __real_setsid(void);
pid_t __wrap_setsid(void);
pid_t __wrap_setsid(void)
{
	return is_without("session") ? 0 : __real_setsid();
}

int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
	va_list list;
	va_start(list, option);
	unsigned long a = va_arg(list, unsigned long), b = va_arg(list, unsigned long);
	unsigned long c = va_arg(list, unsigned long), d = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_DUMPABLE && is_without("not-dumpable"))
		return 0;
	int result = __real_prctl(option, a, b, c, d);
	/* Changing ids has made it so already. */
	if (option == PR_SET_NAME && is_without("not-dumpable"))
		__real_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return result;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	va_list list;
	va_start(list, number);
	long a[6];
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_close_range && is_without("close"))
		return 0;
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __real_fstat(int fd, struct stat *out);
int __wrap_fstat(int fd, struct stat *out);
int __wrap_fstat(int fd, struct stat *out)
{
	int result = __real_fstat(fd, out);
	if (result == 0 && fd <= STDERR_FILENO && is_without("check-descriptors"))
		out->st_mode = S_IFIFO | 0600;
	return result;
}

int main(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[2], "run") != 0) {
		fprintf(stderr, "weakened: expected WITHOUT run ...\n");
		return 2;
	}
	without = argv[1];
	return sbx_verb_run(argc - 2, argv + 2);
}
