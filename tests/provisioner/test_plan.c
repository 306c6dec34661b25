/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "provisioner/filter.h"
#include "provisioner/plan.h"

static char *command[] = {(char *)"/bin/true", NULL};
static struct sbx_places no_places;

static struct sbx_options plain_options(void)
{
	struct sbx_options o = SBX_OPTIONS_INIT;
	o.template = "/template";
	o.command = command;
	assert_int_equal(sbx_options_settle(&o, "/nonexistent", NULL), 0);
	return o;
}

static struct sbx_host root_host(void)
{
	return (struct sbx_host){.privileged = true,
				 .lower = "/template",
				 .places = &no_places,
				 .has_landlock = true};
}

static struct sbx_host user_host(void)
{
	struct sbx_host host = root_host();
	host.privileged = false;
	host.uid = host.gid = 1000;
	return host;
}

/* Index of the first operation of a kind (and target, unless NULL), -1 when there is none. */
static int find(const struct sbx_plan *plan, enum sbx_op_kind kind, const char *target)
{
	for (size_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].kind == kind &&
		    (!target || (plan->ops[i].target && strcmp(plan->ops[i].target, target) == 0)))
			return (int)i;
	return -1;
}

/* What an attacker would like to see swapped: each must come before the next. */
static void test_order(void **state)
{
	static const enum sbx_op_kind order[] = {
		SBX_OP_SPAWN,	     SBX_OP_PRIVATE_MOUNTS,
		SBX_OP_ID_MAP,	     SBX_OP_STAGING,
		SBX_OP_ROOT,	     SBX_OP_PROC,
		SBX_OP_MASK,	     SBX_OP_READ_ONLY,
		SBX_OP_DEV,	     SBX_OP_DEV_NODE,
		SBX_OP_TMP,	     SBX_OP_BIND,
		SBX_OP_HOSTNAME,     SBX_OP_LOOPBACK,
		SBX_OP_PIVOT,	     SBX_OP_WORKDIR,
		SBX_OP_BOUND,	     SBX_OP_USER,
		SBX_OP_CAPABILITIES, SBX_OP_NO_NEW_PRIVILEGES,
		SBX_OP_FILTER,	     SBX_OP_STAY_INSIDE,
		SBX_OP_CLASSES,	     SBX_OP_COMMAND,
	};
	struct sbx_bind bind = {SBX_BIND_WRITABLE, (char *)"/a", "/b"};
	struct sbx_options o = plain_options();
	o.binds = &bind;
	o.n_binds = 1;
	o.policy.has_classes = true;
	o.policy.classes = 1;
	struct sbx_host host = user_host();
	SBX_CLEANUP_PLAN struct sbx_plan plan;
	assert_int_equal(sbx_plan_make(&plan, &o, &host, NULL), 0);
	int before = -1;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		int at = find(&plan, order[i], NULL);
		assert_true(at > before);
		before = at;
	}
	assert_int_equal((size_t)before, plan.n_ops - 1);
}

static void test_namespaces(void **state)
{
	const unsigned always =
		CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	struct sbx_options o = plain_options();
	struct sbx_host root = root_host(), user = user_host();
	SBX_CLEANUP_PLAN struct sbx_plan a, b, c;
	assert_int_equal(sbx_plan_make(&a, &o, &root, NULL), 0);
	assert_int_equal(a.namespaces, always | CLONE_NEWNET);
	assert_int_equal(find(&a, SBX_OP_ID_MAP, NULL), -1);
	assert_int_equal(sbx_plan_make(&b, &o, &user, NULL), 0);
	assert_int_equal(b.namespaces, always | CLONE_NEWNET | CLONE_NEWUSER);
	o.policy.net = SBX_NET_HOST;
	assert_int_equal(sbx_plan_make(&c, &o, &root, NULL), 0);
	assert_int_equal(c.namespaces, always);
	assert_int_equal(find(&c, SBX_OP_LOOPBACK, NULL), -1);
}

/* Made out here it is entered last of what takes rights; /sys has to be mounted in it. */
static void test_network_is_made_meanwhile(void **state)
{
	struct sbx_options o = plain_options();
	struct sbx_host root = root_host();
	root.makes_net = true;
	SBX_CLEANUP_PLAN struct sbx_plan a, b, c;
	assert_int_equal(sbx_plan_make(&a, &o, &root, NULL), 0);
	assert_true(a.makes_net && a.namespaces & CLONE_NEWNET);
	/* Nor is it told as made twice. */
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_plan_add_text(&a, &text);
	assert_non_null(
		strstr(text.data, "spawn namespaces=mount,pid,ipc,uts,cgroup\nmake-network\n"));
	assert_int_equal(find(&a, SBX_OP_LOOPBACK, NULL), -1);
	assert_true(find(&a, SBX_OP_NETWORK, NULL) > find(&a, SBX_OP_PIVOT, NULL));
	assert_true(find(&a, SBX_OP_NETWORK, NULL) < find(&a, SBX_OP_BOUND, NULL));
	o.sys = true;
	assert_int_equal(sbx_plan_make(&b, &o, &root, NULL), 0);
	assert_true(!b.makes_net && find(&b, SBX_OP_LOOPBACK, NULL) > 0);
	assert_int_equal(find(&b, SBX_OP_NETWORK, NULL), -1);
	o.sys = false;
	o.policy.net = SBX_NET_HOST;
	assert_int_equal(sbx_plan_make(&c, &o, &root, NULL), 0);
	assert_true(!c.makes_net && find(&c, SBX_OP_NETWORK, NULL) < 0);
}

/* The groups are there before the sandbox is born; what they allow is set while it makes mounts. */
static void test_groups_are_limited_meanwhile(void **state)
{
	struct sbx_options o = plain_options();
	o.policy.limit[SBX_LIMIT_MEMORY] = 1 << 20;
	o.policy.limit[SBX_LIMIT_PIDS] = 10;
	struct sbx_host host = root_host();
	host.makes_net = true;
	SBX_CLEANUP_PLAN struct sbx_plan plan;
	assert_int_equal(sbx_plan_make(&plan, &o, &host, NULL), 0);
	int spawn = find(&plan, SBX_OP_SPAWN, NULL);
	assert_in_range(find(&plan, SBX_OP_GROUP, NULL), 0, spawn - 1);
	assert_int_equal(find(&plan, SBX_OP_MAKE_NETWORK, NULL), spawn + 1);
	assert_int_equal(find(&plan, SBX_OP_GROUP_LIMIT, "memory"), spawn + 2);
	assert_int_equal(find(&plan, SBX_OP_GROUP_LIMIT, "pids"), spawn + 3);
	assert_int_equal(find(&plan, SBX_OP_PRIVATE_MOUNTS, NULL), spawn + 4);
	struct sbx_group_limits limits;
	sbx_plan_take_limits(&plan, &limits);
	assert_int_equal(limits.n, 2);
	assert_int_equal(sbx_group_limits_mask(&limits),
			 1U << SBX_CONTROLLER_MEMORY | 1U << SBX_CONTROLLER_PIDS);
}

/* It lies in memory that others write to as well. */
static void test_limits_that_there_are_not(void **state)
{
	struct sbx_groups none;
	sbx_groups_init(&none);
	struct sbx_group_limits limits = {.n = 1000};
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_group_limits_set(&limits, &none, 0, &err), 0);
	limits.limit[SBX_N_LIMITS - 1].limit = (enum sbx_limit)SBX_N_LIMITS;
	assert_int_equal(sbx_group_limits_set(&limits, &none, 0, &err), -1);
	assert_non_null(strstr(err.message, "a limit there is not"));
}

/* Root of an ordinary user's range of ids: a namespace below, with all of them. */
static void test_nested(void **state)
{
	struct sbx_options o = plain_options();
	struct sbx_host host = user_host();
	host.uid = host.gid = 0;
	host.is_nested = host.maps_all_ids = true;
	o.policy.userns = SBX_USERNS_YES;
	SBX_CLEANUP_PLAN struct sbx_plan task, build;
	assert_int_equal(sbx_plan_make(&task, &o, &host, NULL), 0);
	assert_true(task.namespaces & CLONE_NEWUSER && task.maps_all_ids && !task.maps_ids);
	assert_int_equal(task.unenforced, 0);
	assert_int_equal(find(&task, SBX_OP_ID_MAP, NULL), -1);
	assert_true(find(&task, SBX_OP_USER_LIMIT, NULL) > 0);
	assert_string_equal(task.ops[find(&task, SBX_OP_ROOT, NULL)].target, ",userxattr");
	o.profile = SBX_PROFILE_BUILD;
	assert_int_equal(sbx_options_settle(&o, "/nonexistent", NULL), 0);
	assert_int_equal(sbx_plan_make(&build, &o, &host, NULL), 0);
	assert_true(find(&build, SBX_OP_FILTER, "build") > 0);
}

static void test_profiles(void **state)
{
	struct sbx_options o = plain_options();
	struct sbx_host root = root_host(), user = user_host();
	SBX_CLEANUP_PLAN struct sbx_plan task, sharing, build, emulated;
	assert_int_equal(sbx_plan_make(&task, &o, &root, NULL), 0);
	assert_int_equal(task.ops[find(&task, SBX_OP_BOUND, NULL)].number, 0);
	assert_int_equal(task.ops[find(&task, SBX_OP_CAPABILITIES, NULL)].number, 0);
	assert_true(find(&task, SBX_OP_FILTER, "task") > 0);
	struct sbx_options with_layer = o;
	with_layer.layer = "/layer";
	assert_int_equal(sbx_plan_make(&sharing, &with_layer, &root, NULL), 0);
	assert_true(find(&sharing, SBX_OP_FILTER, "sharing") > 0);
	o.profile = SBX_PROFILE_BUILD;
	assert_int_equal(sbx_options_settle(&o, "/nonexistent", NULL), 0);
	assert_int_equal(sbx_plan_make(&build, &o, &root, NULL), 0);
	uint64_t kept = build.ops[find(&build, SBX_OP_CAPABILITIES, NULL)].number;
	assert_true(kept & UINT64_C(1) << CAP_CHOWN);
	assert_false(kept & (UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_MKNOD |
			     UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << CAP_NET_ADMIN |
			     UINT64_C(1) << CAP_DAC_READ_SEARCH | UINT64_C(1) << CAP_SYS_MODULE));
	assert_true(find(&build, SBX_OP_FILTER, "build") > 0);
	assert_int_equal(sbx_plan_make(&emulated, &o, &user, NULL), 0);
	assert_true(find(&emulated, SBX_OP_FILTER, "emulated") > 0);
}

static void test_masks(void **state)
{
	struct sbx_options o = plain_options();
	struct sbx_host host = root_host();
	SBX_CLEANUP_PLAN struct sbx_plan plan;
	assert_int_equal(sbx_plan_make(&plan, &o, &host, NULL), 0);
	static const char *const masked[] = {"kcore", "keys", "timer_list", "sched_debug", "scsi"};
	for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]); i++)
		assert_true(find(&plan, SBX_OP_MASK, masked[i]) > 0);
	static const char *const read_only[] = {"sys", "bus", "fs", "irq", "sysrq-trigger"};
	for (size_t i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++)
		assert_true(find(&plan, SBX_OP_READ_ONLY, read_only[i]) > 0);
}

static void test_limits_by_cgroup(void **state)
{
	struct sbx_places places = {
		.place = {{(char *)"/cg/memory", SBX_PLACE_V1, 1U << SBX_CONTROLLER_MEMORY},
			  {(char *)"/cg/pids", SBX_PLACE_V1, 1U << SBX_CONTROLLER_PIDS}},
		.n = 2,
	};
	struct sbx_options o = plain_options();
	o.policy.limit[SBX_LIMIT_MEMORY] = 1 << 20;
	o.policy.limit[SBX_LIMIT_PIDS] = 10;
	struct sbx_host host = root_host();
	host.places = &places;
	SBX_CLEANUP_PLAN struct sbx_plan plan;
	assert_int_equal(sbx_plan_make(&plan, &o, &host, NULL), 0);
	assert_int_equal(plan.ops[0].kind, SBX_OP_GROUP);
	assert_int_equal(plan.ops[1].kind, SBX_OP_GROUP);
	assert_int_equal(plan.ops[find(&plan, SBX_OP_GROUP_LIMIT, "memory")].number, 1 << 20);
	/* Our own first process takes one more. */
	assert_int_equal(plan.ops[find(&plan, SBX_OP_GROUP_LIMIT, "pids")].number, 11);
	assert_int_equal(find(&plan, SBX_OP_RLIMIT, "data"), -1);
	assert_null(plan.warning);
}

static void test_limits_that_nobody_enforces(void **state)
{
	struct sbx_places places = {.missing = 1U << SBX_CONTROLLER_MEMORY |
					       1U << SBX_CONTROLLER_CPU |
					       1U << SBX_CONTROLLER_PIDS};
	struct sbx_options o = plain_options();
	o.policy.limit[SBX_LIMIT_MEMORY] = 1 << 20;
	o.policy.limit[SBX_LIMIT_CPUS] = 1000;
	o.policy.limit[SBX_LIMIT_PIDS] = 10;
	struct sbx_host user = user_host(), root = root_host();
	user.places = root.places = &places;
	struct sbx_error err = SBX_ERROR_INIT;
	{
		SBX_CLEANUP_PLAN struct sbx_plan plan;
		assert_int_equal(sbx_plan_make(&plan, &o, &user, &err), -1);
		assert_int_equal(err.code, SBX_E_UNSUPPORTED);
		assert_non_null(strstr(err.message, "--memory, --cpus"));
		assert_null(strstr(err.message, "--pids"));
	}
	o.best_effort = true;
	{
		SBX_CLEANUP_PLAN struct sbx_plan plan;
		assert_int_equal(sbx_plan_make(&plan, &o, &user, NULL), 0);
		assert_non_null(strstr(plan.warning, "--memory, --cpus"));
		assert_int_equal(plan.ops[find(&plan, SBX_OP_RLIMIT, "nproc")].number, 11);
		assert_int_equal(plan.ops[find(&plan, SBX_OP_RLIMIT, "data")].number, 1 << 20);
		assert_int_equal(plan.unenforced,
				 1U << SBX_CONTROLLER_MEMORY | 1U << SBX_CONTROLLER_CPU);
	}
	/* The kernel does not hold real root to RLIMIT_NPROC. */
	SBX_CLEANUP_PLAN struct sbx_plan plan;
	assert_int_equal(sbx_plan_make(&plan, &o, &root, NULL), 0);
	assert_non_null(strstr(plan.warning, "--pids"));
	assert_int_equal(find(&plan, SBX_OP_RLIMIT, "nproc"), -1);
}

static void test_landlock_is_left_out_where_it_is_not(void **state)
{
	struct sbx_options o = plain_options();
	struct sbx_host host = root_host();
	host.has_landlock = false;
	SBX_CLEANUP_PLAN struct sbx_plan plan;
	assert_int_equal(sbx_plan_make(&plan, &o, &host, NULL), 0);
	assert_int_equal(find(&plan, SBX_OP_STAY_INSIDE, NULL), -1);
}

static void test_nodes_are_made_or_bound(void **state)
{
	struct sbx_options o = plain_options();
	struct sbx_host host = root_host();
	host.makes_nodes = true;
	SBX_CLEANUP_PLAN struct sbx_plan made, bound;
	assert_int_equal(sbx_plan_make(&made, &o, &host, NULL), 0);
	const struct sbx_op *null = &made.ops[find(&made, SBX_OP_DEV_NODE, "null")];
	assert_int_equal(null->number, makedev(1, 3));
	assert_true(null->index);
	host.makes_nodes = false;
	assert_int_equal(sbx_plan_make(&bound, &o, &host, NULL), 0);
	assert_false(bound.ops[find(&bound, SBX_OP_DEV_NODE, "null")].index);
	assert_false(bound.ops[find(&bound, SBX_OP_DEV, NULL)].index);
}

static void test_print(void **state)
{
	struct sbx_options o = plain_options();
	o.policy.limit[SBX_LIMIT_DISK] = 4096;
	struct sbx_host host = user_host();
	SBX_CLEANUP_PLAN struct sbx_plan plan;
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT, json = SBX_BUFFER_INIT;
	assert_int_equal(sbx_plan_make(&plan, &o, &host, NULL), 0);
	sbx_plan_add_text(&plan, &text);
	assert_non_null(strstr(text.data, "spawn namespaces=user,mount,pid,ipc,uts,cgroup,net\n"));
	assert_non_null(strstr(text.data, "\nstaging lower=/template bytes=4096\n"));
	assert_non_null(strstr(text.data, "\ncommand file=/bin/true\n"));
	sbx_plan_add_json(&plan, &o, &json);
	assert_non_null(strstr(json.data, "\"format\": \"sbx-provision-plan-1\""));
	assert_non_null(strstr(json.data, "\"operation\": \"pivot\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_network_is_made_meanwhile),
		cmocka_unit_test(test_groups_are_limited_meanwhile),
		cmocka_unit_test(test_limits_that_there_are_not),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_limits_by_cgroup),
		cmocka_unit_test(test_limits_that_nobody_enforces),
		cmocka_unit_test(test_landlock_is_left_out_where_it_is_not),
		cmocka_unit_test(test_nodes_are_made_or_bound),
		cmocka_unit_test(test_print),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
