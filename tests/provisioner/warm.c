/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sbx-warm LIBRARY TREE ASKED COUNT [run's options] TEMPLATE -- python3 ...: what zygotes do
 * without a server. TREE is zygotes to be grown one after the other, ASKED what the task asks for;
 * the command is run COUNT times, each in a sandbox of its own. "/" goes between zygotes, "-" is
 * the bare interpreter. On descriptor 3, if open: when each run was begun, in microseconds of the
 * monotonic clock.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/sandbox.h"
#include "provisioner/supervise.h"
#include "provisioner/warm.h"
#include "provisioner/zygotes.h"

static _Noreturn void die(const struct sbx_error *err)
{
	fprintf(stderr, "sbx-warm: %s\n", err->message);
	exit(sbx_code_exit_status(err->code));
}

static struct sbx_modules read_modules(const char *text)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_modules modules;
	if (sbx_modules_read(strcmp(text, "-") == 0 ? "" : text, &modules, &err) < 0)
		die(&err);
	return modules;
}

static void grow(struct sbx_zygotes *z, char *tree)
{
	struct sbx_error err = SBX_ERROR_INIT;
	if (sbx_zygotes_state(z, 0, -1, &err) == SBX_ZYGOTE_FAILED)
		die(&err);
	for (char *one = strtok(tree, "/"); one; one = strtok(NULL, "/")) {
		const struct sbx_modules modules = read_modules(one);
		int number = sbx_zygotes_grow(z, &modules, &err);
		if (number < 0 || sbx_zygotes_state(z, number, -1, &err) == SBX_ZYGOTE_FAILED)
			die(&err);
	}
}

static int run(struct sbx_zygotes *z, const struct sbx_modules *asked, struct sbx_task *task,
	       char **words, FILE *told)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_request request;
	struct sbx_result result;
	struct sbx_warm warm;
	uint64_t begun = sbx_now_usec();
	int number = sbx_zygotes_best(z, asked, &err);
	if (number < 0 || sbx_zygotes_take(z, number, &warm, &err) < 0)
		die(&err);
	sbx_task_fill_request(task, &request);
	request.arguments = words;
	request.warm = &warm;
	sbx_sandbox_run(&sbx_backend_container, &request, &result);
	sbx_warm_release(&warm);
	if (result.error.code)
		fprintf(stderr, "sbx-warm: %s\n", result.error.message);
	if (told)
		fprintf(told, "begun %llu\n", (unsigned long long)begun);
	return result.exit_status;
}

int main(int argc, char **argv)
{
	SBX_CLEANUP_TASK struct sbx_task task = SBX_TASK_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_zygotes *z = NULL;
	if (argc < 7)
		return 2;
	FILE *told = fdopen(3, "w");
	const struct sbx_modules asked = read_modules(argv[3]);
	int count = atoi(argv[4]), status = 0;
	task.role = SBX_ROLE_FORKED;
	if (sbx_options_parse(&task.options, argc - 5, argv + 5, &err) < 0 ||
	    sbx_zygotes_new(task.options.root_dir, NULL, task.options.template,
			    task.options.command[0], argv[1], &z, &err) < 0)
		die(&err);
	task.first_id = sbx_zygotes_first_id(z);
	if (sbx_task_settle(&task, &err) < 0 ||
	    sbx_zygotes_check(task.options.command[0], task.first_id, &task.options, &err) < 0)
		die(&err);
	grow(z, argv[2]);
	for (int i = 0; i < count; i++) {
		int number = sbx_zygotes_best(z, &asked, &err);
		if (number < 0 || sbx_zygotes_park(z, number, 2, &err) < 0)
			die(&err);
		if (count > 1)
			usleep(20000);
		status = run(z, &asked, &task, argv, told);
	}
	sbx_zygotes_free(z);
	if (told)
		fclose(told);
	return status;
}
