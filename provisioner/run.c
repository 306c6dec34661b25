/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/descriptors.h"
#include "provisioner/record.h"
#include "provisioner/sandbox.h"
#include "provisioner/supervise.h"
#include "provisioner/task.h"

static int fail(const struct sbx_error *err)
{
	fprintf(stderr, "sbx-provision: %s\n", err->message);
	return err->code == SBX_E_USAGE ? sbx_code_exit_status(SBX_E_USAGE)
					: sbx_code_exit_status(SBX_E_SANDBOX);
}

static int print_plan(const struct sbx_plan *plan, const struct sbx_options *o)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	if (o->json)
		sbx_plan_add_json(plan, o, &text);
	else
		sbx_plan_add_text(plan, &text);
	return !text.failed && sbx_write_all(STDOUT_FILENO, text.data, text.n_bytes) == 0 ? 0 : 1;
}

/* The signals by which the kernel keeps a process to its limits. */
static void explain_signal(int signo, const struct sbx_policy *policy)
{
	const unsigned long long cpu_time = policy->limit[SBX_LIMIT_CPU_TIME],
				 fsize = policy->limit[SBX_LIMIT_FSIZE];
	if (signo == SIGXCPU && cpu_time)
		fprintf(stderr,
			"sbx-provision: --cpu-time: %llu seconds of CPU time were used up; allow "
			"more\n",
			cpu_time);
	else if (signo == SIGXFSZ && fsize)
		fprintf(stderr,
			"sbx-provision: --fsize: a file was to become larger than %llu bytes; "
			"allow more\n",
			fsize);
}

/* What a person should know about an end that is not the command's own. */
static void explain(const struct sbx_result *result, const struct sbx_options *o)
{
	switch (result->reason) {
	case SBX_REASON_TIMED_OUT:
		fprintf(stderr,
			"sbx-provision: --timeout: %g seconds were over; the sandbox was ended\n",
			(double)o->policy.limit[SBX_LIMIT_TIMEOUT] / 1e6);
		break;
	case SBX_REASON_OOM:
		fprintf(stderr,
			"sbx-provision: --memory: more than %llu bytes were needed and the kernel "
			"killed "
			"for it; allow more\n",
			(unsigned long long)o->policy.limit[SBX_LIMIT_MEMORY]);
		break;
	case SBX_REASON_OUTPUT_LIMIT:
		fprintf(stderr,
			"sbx-provision: --output-limit: more than %llu bytes were written; the "
			"sandbox "
			"was killed\n",
			(unsigned long long)o->policy.limit[SBX_LIMIT_OUTPUT]);
		break;
	case SBX_REASON_FAILED:
		fprintf(stderr, "sbx-provision: %s\n", result->error.message);
		break;
	case SBX_REASON_SIGNALLED:
		explain_signal(result->signal, &o->policy);
		break;
	case SBX_REASON_EXITED:
		break;
	}
}

static void write_record(const struct sbx_result *result, const struct sbx_plan *plan,
			 const struct sbx_record *record, int fd)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_result_add_json(result, plan, record, &text);
	if (text.failed || sbx_write_all(fd, text.data, text.n_bytes) < 0)
		fprintf(stderr, "sbx-provision: --status-fd %d: %s\n", fd, strerror(errno));
}

/* A run that failed before there was a sandbox; its record says so too. */
static int fail_early(const struct sbx_error *err, const struct sbx_plan *plan,
		      const struct sbx_options *o)
{
	int status = fail(err);
	struct sbx_result result = {
		.reason = SBX_REASON_FAILED, .exit_status = status, .error = *err};
	if (o->status_fd >= 0)
		write_record(&result, plan, NULL, o->status_fd);
	return status;
}

static int collect(struct sbx_record *record, const struct sbx_options *o, struct sbx_error *err)
{
	if (mkdir(o->output, 0755) < 0 && errno != EEXIST)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--output %s", o->output);
	SBX_CLEANUP_FD int to = open(o->output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--output %s", o->output);
	int failed = sbx_record_collect(record, to, err);
	if (record->n_left_out)
		fprintf(stderr, "sbx-provision: warning: --output: %s is %s and was left out%s\n",
			record->left_out ? record->left_out : "", record->why_left_out,
			record->n_left_out > 1 ? ", with others" : "");
	return failed < 0 ? sbx_error_prefix(err, "--output %s", o->output) : 0;
}

/* What is looked at when it has ended. A failure of ours does not change how the command ended. */
static void look_at_rest(struct sbx_record *record, const struct sbx_task *task,
			 struct sbx_result *result)
{
	const struct sbx_options *o = &task->options;
	struct sbx_error err = SBX_ERROR_INIT;
	if (record->wanted & SBX_RECORD_FILES)
		sbx_record_look(record, o);
	if (!o->output || collect(record, o, &err) == 0)
		return;
	fprintf(stderr, "sbx-provision: %s\n", err.message);
	if (result->exit_status == 0)
		result->exit_status = sbx_code_exit_status(SBX_E_SANDBOX);
	record->output_failed = true;
}

/* What is not as it was asked for, and why. */
static void warn(const struct sbx_plan *plan)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_reductions_add_lines(plan->reduced, "sbx-provision: warning: ", &text);
	if (plan->warning)
		sbx_buffer_printf(&text, "sbx-provision: warning: %s\n", plan->warning);
	if (text.data)
		fputs(text.data, stderr);
}

static int run(struct sbx_task *task, char **argv, uint64_t begun_usec)
{
	const struct sbx_options *o = &task->options;
	SBX_CLEANUP_RECORD struct sbx_record record = SBX_RECORD_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_request request;
	struct sbx_result result;
	sbx_task_fill_request(task, &request);
	request.arguments = argv;
	if (o->status_fd >= 0 || o->output || o->record) {
		if (sbx_record_open(&record, o->record, NULL, &err) < 0)
			return fail_early(&err, &task->plan, o);
		request.record = &record;
	}
	uint64_t planned_usec = sbx_now_usec();
	sbx_sandbox_run(&sbx_backend_container, &request, &result);
	sbx_result_set_stage(&result, SBX_STAGE_PLAN, begun_usec, planned_usec);
	explain(&result, o);
	look_at_rest(&record, task, &result);
	if (o->status_fd >= 0)
		write_record(&result, &task->plan, &record, o->status_fd);
	return result.exit_status;
}

int sbx_verb_run(int argc, char **argv)
{
	SBX_CLEANUP_TASK struct sbx_task task = SBX_TASK_INIT;
	const struct sbx_options *o = &task.options;
	struct sbx_error err = SBX_ERROR_INIT;
	uint64_t begun = sbx_now_usec();
	if (sbx_check_standard_descriptors(&err) < 0)
		return fail(&err);
	if (sbx_options_parse(&task.options, argc - 1, argv + 1, &err) < 0)
		return fail_early(&err, &task.plan, o);
	if (o->help) {
		SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
		sbx_help_add_usage(&text);
		return sbx_write_all(STDOUT_FILENO, text.data, text.n_bytes) == 0 ? 0 : 1;
	}
	if (sbx_task_settle(&task, &err) < 0)
		return fail_early(&err, &task.plan, o);
	warn(&task.plan);
	if (o->dry_run)
		return print_plan(&task.plan, o);
	return run(&task, argv, begun);
}
