/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/descriptors.h"
#include "provisioner/sandbox.h"
#include "provisioner/template.h"

#define MAX_PROC_FILE (16 << 20)

/* What a run looks up before it plans. */
struct setting {
	struct sbx_lower lower;
	struct sbx_places places;
	struct sbx_host host;
};

static void setting_release(struct setting *s)
{
	sbx_lower_release(&s->lower);
	sbx_places_release(&s->places);
}

/* What mounting and becoming nobody take; root in a container often has not got them. */
#define NEEDED_CAPABILITIES                                                                        \
	(1U << CAP_SYS_ADMIN | 1U << CAP_SETPCAP | 1U << CAP_SETUID | 1U << CAP_SETGID |           \
	 1U << CAP_NET_ADMIN)

static uint32_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	return syscall(SYS_capget, &header, data) == 0 ? data[0].effective : 0;
}

static int find_places(const struct sbx_options *o, struct sbx_places *out, struct sbx_error *err)
{
	unsigned wanted = (o->policy.limit[SBX_LIMIT_MEMORY] ? 1U << SBX_CONTROLLER_MEMORY : 0) |
			  (o->policy.limit[SBX_LIMIT_CPUS] ? 1U << SBX_CONTROLLER_CPU : 0) |
			  (o->policy.limit[SBX_LIMIT_PIDS] ? 1U << SBX_CONTROLLER_PIDS : 0);
	if (!wanted)
		return 0;
	SBX_CLEANUP_FREE char *mounts =
		sbx_read_file(AT_FDCWD, "/proc/self/mountinfo", MAX_PROC_FILE, NULL, err);
	SBX_CLEANUP_FREE char *groups =
		mounts ? sbx_read_file(AT_FDCWD, "/proc/self/cgroup", MAX_PROC_FILE, NULL, err)
		       : NULL;
	return groups ? sbx_places_find(mounts, groups, "", wanted, out, err) : -1;
}

static int look_around(struct setting *s, const struct sbx_options *o, struct sbx_error *err)
{
	if (getauxval(AT_SECURE))
		return sbx_fail(err, SBX_E_DENIED,
				"installed set-user-id; take that off, it works without");
	if (sbx_lower_find(o->root_dir, o->template, &s->lower, err) < 0 ||
	    find_places(o, &s->places, err) < 0)
		return -1;
	long landlock =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint32_t has = effective_capabilities();
	bool privileged = geteuid() == 0 && (has & NEEDED_CAPABILITIES) == NEEDED_CAPABILITIES;
	s->host = (struct sbx_host){
		.privileged = privileged,
		.makes_nodes = privileged && has & 1U << CAP_MKNOD,
		.uid = geteuid(),
		.gid = getegid(),
		.lower = s->lower.path,
		.places = &s->places,
		.has_landlock = landlock >= 2,
	};
	return 0;
}

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
	case SBX_REASON_EXITED:
	case SBX_REASON_SIGNALLED:
		break;
	}
}

static void write_record(const struct sbx_result *result, const struct sbx_plan *plan, int fd)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_result_add_json(result, plan, &text);
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
		write_record(&result, plan, o->status_fd);
	return status;
}

int sbx_verb_run(int argc, char **argv)
{
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	SBX_CLEANUP_PLAN struct sbx_plan plan = {0};
	__attribute__((cleanup(setting_release))) struct setting setting = {.lower =
										    SBX_LOWER_INIT};
	struct sbx_error err = SBX_ERROR_INIT;
	if (sbx_check_standard_descriptors(&err) < 0)
		return fail(&err);
	if (sbx_options_parse(&o, argc - 1, argv + 1, &err) < 0)
		return fail_early(&err, &plan, &o);
	if (o.help) {
		SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
		sbx_help_add_usage(&text);
		return sbx_write_all(STDOUT_FILENO, text.data, text.n_bytes) == 0 ? 0 : 1;
	}
	if (sbx_options_settle(&o, SBX_HOST_POLICY, &err) < 0 ||
	    look_around(&setting, &o, &err) < 0 ||
	    sbx_plan_make(&plan, &o, &setting.host, &err) < 0)
		return fail_early(&err, &plan, &o);
	if (o.dry_run)
		return print_plan(&plan, &o);
	if (plan.warning)
		fprintf(stderr, "sbx-provision: warning: %s\n", plan.warning);
	struct sbx_request request = {
		.plan = &plan,
		.options = &o,
		.places = &setting.places,
		.host = &setting.host,
		.arguments = argv,
		.lock_fd = setting.lower.lock_fd,
	};
	struct sbx_result result;
	sbx_sandbox_run(&sbx_backend_container, &request, &result);
	explain(&result, &o);
	if (o.status_fd >= 0)
		write_record(&result, &plan, o.status_fd);
	return result.exit_status;
}
