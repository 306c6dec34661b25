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
#include "provisioner/arena.h"
#include "provisioner/descriptors.h"
#include "provisioner/layer.h"
#include "provisioner/print.h"
#include "provisioner/record.h"
#include "provisioner/sandbox.h"
#include "provisioner/scheduling.h"
#include "provisioner/source.h"
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
	return sbx_print(&text);
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

/* A failure of ours does not change how a command ended that failed itself. */
static void fail_besides(struct sbx_result *result)
{
	if (result->exit_status == 0)
		result->exit_status = sbx_code_exit_status(SBX_E_SANDBOX);
}

static void write_record(struct sbx_result *result, const struct sbx_plan *plan,
			 const struct sbx_record *record, int fd)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_result_add_json(result, plan, record, &text);
	if (!text.failed && sbx_write_all(fd, text.data, text.n_bytes) == 0)
		return;
	fprintf(stderr, "sbx-provision: --status-fd %d: %s\n", fd, strerror(errno));
	fail_besides(result);
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

/* Before the task begins: what it makes shall not be lost for a folder that cannot be had. */
static int open_output(const struct sbx_options *o, struct sbx_error *err)
{
	int fd = mkdir(o->output, 0755) < 0 && errno != EEXIST
			 ? -1
			 : open(o->output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int why = fd < 0 ? errno : faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ? errno : 0;
	if (!why)
		return fd;
	sbx_close(&fd);
	return sbx_fail_os(err, SBX_E_INPUT, why, "--output %s%s", o->output,
			   sbx_source_hint(why, O_DIRECTORY));
}

static int collect(struct sbx_record *record, const struct sbx_options *o, int to,
		   struct sbx_error *err)
{
	int failed = sbx_record_collect(record, to, err);
	if (record->n_left_out)
		fprintf(stderr, "sbx-provision: warning: --output: %s is %s and was left out%s\n",
			record->left_out ? record->left_out : "", record->why_left_out,
			record->n_left_out > 1 ? ", with others" : "");
	return failed < 0 ? sbx_error_prefix(err, "--output %s", o->output) : 0;
}

/* What is looked at when it has ended. */
static void look_at_rest(struct sbx_record *record, const struct sbx_task *task, int output_fd,
			 struct sbx_result *result)
{
	const struct sbx_options *o = &task->options;
	struct sbx_error err = SBX_ERROR_INIT;
	if (record->wanted & SBX_RECORD_FILES)
		sbx_record_look(record, o);
	if (!o->output || collect(record, o, output_fd, &err) == 0)
		return;
	fprintf(stderr, "sbx-provision: %s\n", err.message);
	fail_besides(result);
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
	SBX_CLEANUP_FD int output_fd = o->output ? open_output(o, &err) : -1;
	if (o->output && output_fd < 0)
		return fail_early(&err, &task->plan, o);
	SBX_CLEANUP_FD int layer_fd = -1;
	if (sbx_layer_hold(task, &layer_fd, &err) < 0)
		return fail_early(&err, &task->plan, o);
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
	if (result.output_errno) {
		fprintf(stderr,
			"sbx-provision: what the command printed is not all there: %s; make room, "
			"or send it elsewhere\n",
			strerror(result.output_errno));
		fail_besides(&result);
	}
	look_at_rest(&record, task, output_fd, &result);
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
	sbx_arena_use();
	if (sbx_check_standard_descriptors(&err) < 0)
		return fail(&err);
	if (sbx_options_parse(&task.options, argc - 1, argv + 1, &err) < 0)
		return fail_early(&err, &task.plan, o);
	if (o->help) {
		SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
		sbx_help_add_usage(&text);
		return sbx_print(&text);
	}
	if (sbx_keep_real_time_outside(&err) < 0 || sbx_task_settle(&task, &err) < 0)
		return fail_early(&err, &task.plan, o);
	warn(&task.plan);
	if (o->dry_run)
		return print_plan(&task.plan, o);
	return run(&task, argv, begun);
}
