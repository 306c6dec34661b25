/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/classes.h"
#include "provisioner/options.h"
#include "provisioner/policy.h"

static uint64_t state_of_random = 88172645463325252ULL;

/* xorshift64 (Marsaglia 2003): the same cases every time. */
static uint64_t next_random(uint64_t below)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return state_of_random % below;
}

static const char *const some_paths[] = {"/a",	 "/a/b",   "/a/b/c",  "/tmp", "/tmp/x",
					 "/etc", "/etc/*", "/home/*", "/",    "/var"};
#define N_SOME (sizeof(some_paths) / sizeof(some_paths[0]))

static void random_paths(struct sbx_paths *out)
{
	for (size_t i = 0; i < N_SOME; i++) {
		struct sbx_policy one = {.hidden = *out}, two = {0};
		two.hidden = (struct sbx_paths){.path = {some_paths[i]}, .n = 1};
		if (next_random(4) == 0 && sbx_policy_restrict(&one, &two, NULL) == 0)
			*out = one.hidden;
	}
}

static struct sbx_policy random_policy(void)
{
	struct sbx_policy p = {0};
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		p.limit[i] = next_random(3) ? 1000 + next_random(1000) : 0;
	p.net = next_random(4);
	p.has_classes = next_random(2);
	p.classes = p.has_classes ? next_random(UINT64_MAX) | 1 : 0;
	p.has_capabilities = next_random(2);
	p.capabilities = p.has_capabilities ? next_random(UINT64_MAX) : 0;
	p.unknown = next_random(4);
	p.dangerous = next_random(2) ? SBX_REFUSAL_EPERM + next_random(2) : 0;
	p.no_zygote = next_random(2);
	p.only_predicted = next_random(2);
	p.most_bytes = next_random(3) ? 1000 + next_random(1000) : 0;
	p.secrets = next_random(3);
	random_paths(&p.patterns);
	random_paths(&p.hidden);
	random_paths(&p.read_only);
	p.has_writable = next_random(2);
	if (p.has_writable)
		random_paths(&p.writable);
	return p;
}

static bool has_all(const struct sbx_paths *of, const struct sbx_paths *in)
{
	for (unsigned i = 0; i < of->n; i++) {
		bool found = false;
		for (unsigned k = 0; k < in->n; k++)
			found = found || strcmp(of->path[i], in->path[k]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* Could somebody under `p` write there? For plain paths. */
static bool lets_write(const struct sbx_policy *p, const char *path)
{
	for (unsigned i = 0; p->has_writable && i < p->writable.n; i++) {
		const char *w = p->writable.path[i];
		size_t n = strlen(w);
		if (strcmp(w, "/") == 0 || strcmp(w, path) == 0 ||
		    (!strchr(w, '*') && strncmp(w, path, n) == 0 && path[n] == '/'))
			return true;
	}
	return !p->has_writable;
}

/* In nothing may `a` be laxer than `b`. */
static void assert_as_strict(const struct sbx_policy *a, const struct sbx_policy *b)
{
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		assert_true(!b->limit[i] || (a->limit[i] && a->limit[i] <= b->limit[i]));
	assert_true(!b->net || (a->net && a->net <= b->net));
	assert_true(!b->has_classes || (a->has_classes && !(a->classes & ~b->classes)));
	assert_true(!b->has_capabilities ||
		    (a->has_capabilities && !(a->capabilities & ~b->capabilities)));
	assert_true(a->unknown >= b->unknown && a->dangerous >= b->dangerous);
	assert_true(a->no_zygote >= b->no_zygote && a->only_predicted >= b->only_predicted);
	assert_true(!b->most_bytes || (a->most_bytes && a->most_bytes <= b->most_bytes));
	assert_true(a->secrets >= b->secrets && has_all(&b->patterns, &a->patterns));
	assert_true(has_all(&b->hidden, &a->hidden) && has_all(&b->read_only, &a->read_only));
	for (size_t i = 0; i < N_SOME; i++)
		if (!strchr(some_paths[i], '*') && lets_write(a, some_paths[i]))
			assert_true(lets_write(b, some_paths[i]));
}

static void assert_same(const struct sbx_policy *a, const struct sbx_policy *b)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer one = SBX_BUFFER_INIT, two = SBX_BUFFER_INIT;
	sbx_policy_add_text(a, &one);
	sbx_policy_add_text(b, &two);
	assert_string_equal(one.data, two.data);
	sbx_buffer_release(&two);
}

static struct sbx_policy both(const struct sbx_policy *a, const struct sbx_policy *b)
{
	struct sbx_policy made = *a;
	assert_int_equal(sbx_policy_restrict(&made, b, NULL), 0);
	return made;
}

static void test_the_stricter_always_wins(void **state)
{
	for (int i = 0; i < 4000; i++) {
		struct sbx_policy a = random_policy(), b = random_policy(), c = random_policy();
		struct sbx_policy ab = both(&a, &b), ba = both(&b, &a), aa = both(&a, &a);
		assert_as_strict(&ab, &a);
		assert_as_strict(&ab, &b);
		assert_same(&ab, &ba);
		assert_same(&aa, &a);
		struct sbx_policy ab_c = both(&ab, &c), bc = both(&b, &c), a_bc = both(&a, &bc);
		assert_same(&ab_c, &a_bc);
	}
}

static void test_what_is_printed_is_read_back(void **state)
{
	for (int i = 0; i < 2000; i++) {
		struct sbx_policy a = random_policy(), b = {0};
		SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
		SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
		struct sbx_error err = SBX_ERROR_INIT;
		/* Names are all there is to print of classes and capabilities. */
		a.classes = a.has_classes ? sbx_classes_complete(1) : 0;
		a.capabilities &= 0x1ffffffffffULL;
		sbx_policy_add_text(&a, &text);
		if (sbx_policy_parse(&b, text.data, text.n_bytes, "test", &keys, &err) < 0)
			fail_msg("%s in\n%s", err.message, text.data);
		assert_same(&a, &b);
	}
}

static struct sbx_policy posture(const char *name, struct sbx_policy_keys *keys)
{
	size_t n = 0;
	struct sbx_policy policy = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	char *text = sbx_policy_find(name, &n, &err);
	if (!text || sbx_policy_parse(&policy, text, n, name, keys, &err) < 0)
		fail_msg("%s", err.message);
	free(text);
	return policy;
}

static void test_each_posture_is_stricter_than_the_one_before(void **state)
{
	SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
	struct sbx_policy before = posture("low", &keys);
	unsigned n = 1;
	for (const struct sbx_posture *p = sbx_postures + 1; p->name; p++, n++) {
		struct sbx_policy this = posture(p->name, &keys), joined = both(&this, &before);
		for (unsigned i = 0; i < SBX_N_LIMITS; i++)
			assert_int_equal(joined.limit[i], this.limit[i]);
		assert_int_equal(joined.net, this.net);
		assert_int_equal(joined.unknown, this.unknown);
		assert_int_equal(joined.dangerous, this.dangerous);
		before = this;
	}
	assert_int_equal(n, 4);
	assert_true(before.no_zygote);
}

static void assert_refused(const char *text, const char *part)
{
	struct sbx_policy policy = {.net = SBX_NET_HOST};
	SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_policy_parse(&policy, text, strlen(text), "p", &keys, &err), -1);
	assert_int_equal(err.code, SBX_E_INPUT);
	if (!strstr(err.message, part) || strncmp(err.message, "p: ", 3) != 0)
		fail_msg("'%s' is not in: %s", part, err.message);
	assert_int_equal(policy.net, SBX_NET_HOST); /* untouched */
}

static void test_mistakes_are_named(void **state)
{
	assert_refused("[limits]\nmemroy=1M\n", "[limits] memroy");
	assert_refused("[limit]\nmemory=1M\n", "[limit] memory");
	assert_refused("[limits]\nmemory=-1\n", "[limits] memory");
	assert_refused("[limits]\npids=0\n", "pids");
	assert_refused("[network]\nmode=some\n", "none, filtered or host");
	assert_refused("[system-calls]\nclasses=base;nonsense\n", "nonsense");
	assert_refused("[system-calls]\ndangerous=enosys\n", "eperm or kill");
	assert_refused("[capabilities]\nkeep=fly\n", "fly");
	assert_refused("[files]\nhidden=etc\n", "absolute");
	assert_refused("[files]\nhidden=/etc/../root\n", "absolute");
	assert_refused("[policy]\nextends=easy\n", "easy");
	assert_refused("[start]\nzygote=perhaps\n", "yes or no");
	assert_refused("{", "line 1");
	assert_refused("{\"limits\": 3}", "object");
	assert_refused("{\"limits\": {\"memory\": [1]}}", "list of strings");
	assert_refused("{\"limits\": {\"memory\": \"1M\"}} x", "line 1");
	assert_refused("{\"limits\": {\"memroy\": \"1M\"}}", "[limits] memroy");
	assert_refused("{\"files\": {\"hidden\": [\"/a\\nb\"]}}", "control character");
	assert_refused("{\"limits\": {\"#memory\": \"1M\"}}", "no key");
}

static void test_json_and_key_file_mean_the_same(void **state)
{
	static const char keys_text[] = "[limits]\nmemory=1M\npids=7\n[network]\nmode=none\n"
					"[files]\nhidden=/a\\;b;/c*\nwritable=/tmp\n"
					"[start]\nzygote=no\n";
	static const char json_text[] =
		"{\"limits\": {\"memory\": \"1M\", \"pids\": 7}, \"network\": {\"mode\": "
		"\"none\"},\n"
		" \"files\": {\"hidden\": [\"/a;b\", \"/c*\"], \"writable\": [\"/tmp\"]},\n"
		" \"start\": {\"zygote\": false}}";
	SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
	struct sbx_policy a = {0}, b = {0};
	assert_int_equal(sbx_policy_parse(&a, keys_text, strlen(keys_text), "k", &keys, NULL), 0);
	assert_int_equal(sbx_policy_parse(&b, json_text, strlen(json_text), "j", &keys, NULL), 0);
	assert_same(&a, &b);
	assert_string_equal(a.hidden.path[0], "/a;b");
	assert_int_equal(a.hidden.n, 2);
}

static void test_extending_a_posture(void **state)
{
	static const char text[] = "[policy]\nextends=high\n[limits]\nmemory=4G\n";
	SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
	struct sbx_policy own = {0}, high = posture("high", &keys);
	assert_int_equal(sbx_policy_parse(&own, text, strlen(text), "own", &keys, NULL), 0);
	assert_int_equal(own.limit[SBX_LIMIT_MEMORY], 4ULL << 30);
	assert_int_equal(own.limit[SBX_LIMIT_PIDS], high.limit[SBX_LIMIT_PIDS]);
	assert_int_equal(own.dangerous, SBX_REFUSAL_KILL);
	assert_int_equal(own.writable.n, high.writable.n);
}

static void settle(struct sbx_options *o, const char *host, const char **words)
{
	int n = 0;
	struct sbx_error err = SBX_ERROR_INIT;
	while (words[n])
		n++;
	if (sbx_options_parse(o, n, (char **)words, &err) < 0 ||
	    sbx_options_settle(o, host, &err) < 0)
		fail_msg("%s", err.message);
}

static void test_wish_policy_and_host_together(void **state)
{
	char host[] = "/tmp/sbx-host-policy-XXXXXX";
	int fd = mkstemp(host);
	static const char text[] = "[limits]\nmemory=1G\npids=9\n";
	assert_true(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
	fchmod(fd, 0644);
	close(fd);
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	const char *words[] = {"--memory", "3G",	 "--pids", "5", "--net", "host", "--policy",
			       "medium",   "--defaults", "high",   "t", "--",	 "true", NULL};
	if (geteuid() == 0) {
		settle(&o, host, words);
		assert_int_equal(o.policy.limit[SBX_LIMIT_MEMORY], 1ULL << 30); /* the host's */
	} else {
		settle(&o, "/nonexistent", words);
		assert_int_equal(o.policy.limit[SBX_LIMIT_MEMORY], 2ULL << 30); /* medium's */
	}
	assert_int_equal(o.policy.limit[SBX_LIMIT_PIDS], 5);		/* the wish */
	assert_int_equal(o.policy.limit[SBX_LIMIT_TIMEOUT], 120000000); /* high fills up */
	assert_int_equal(o.policy.net, SBX_NET_NONE);
	assert_int_equal(o.policy.capabilities, 0);
	unlink(host);
}

static void test_a_host_policy_of_others_is_refused(void **state)
{
	char host[] = "/tmp/sbx-host-policy-XXXXXX";
	int fd = mkstemp(host);
	assert_true(fd >= 0);
	fchmod(fd, 0666);
	close(fd);
	char *text;
	size_t n;
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_policy_find_host(host, &text, &n, &err), -1);
	assert_int_equal(err.code, SBX_E_DENIED);
	unlink(host);
}

/* A pipe would hold every run up, or be read as a policy that says nothing. */
static void test_a_host_policy_is_a_file(void **state)
{
	char folder[] = "/tmp/sbx-host-policy-XXXXXX", path[sizeof(folder) + 8];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	char *text = NULL;
	size_t n;
	struct sbx_error err = SBX_ERROR_INIT;
	/* Nobody will ever write to it. */
	alarm(60);
	assert_int_equal(sbx_policy_find_host(path, &text, &n, &err), -1);
	alarm(0);
	if (geteuid() == 0)
		assert_non_null(strstr(err.message, "is a pipe, a file was expected"));
	unlink(path);
	rmdir(folder);
}

static void test_a_policy_gives_no_capability(void **state)
{
	char path[] = "/tmp/sbx-policy-XXXXXX";
	int fd = mkstemp(path);
	static const char text[] = "[capabilities]\nkeep=net_bind_service;chown\n";
	assert_true(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
	close(fd);
	SBX_CLEANUP_OPTIONS struct sbx_options plain = SBX_OPTIONS_INIT, asked = SBX_OPTIONS_INIT;
	const char *words[] = {"--policy", path, "t", "--", "true", NULL};
	settle(&plain, "/nonexistent", words);
	assert_int_equal(plain.policy.capabilities, 0);
	const char *more[] = {"--cap", "chown", "--cap", "sys_admin", "--policy",
			      path,    "t",	"--",	 "true",      NULL};
	settle(&asked, "/nonexistent", more);
	assert_int_equal(asked.policy.capabilities, SBX_CAPABILITY(CHOWN));
	sbx_options_release(&asked);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_stricter_always_wins),
		cmocka_unit_test(test_what_is_printed_is_read_back),
		cmocka_unit_test(test_each_posture_is_stricter_than_the_one_before),
		cmocka_unit_test(test_mistakes_are_named),
		cmocka_unit_test(test_json_and_key_file_mean_the_same),
		cmocka_unit_test(test_extending_a_posture),
		cmocka_unit_test(test_wish_policy_and_host_together),
		cmocka_unit_test(test_a_host_policy_of_others_is_refused),
		cmocka_unit_test(test_a_host_policy_is_a_file),
		cmocka_unit_test(test_a_policy_gives_no_capability),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
