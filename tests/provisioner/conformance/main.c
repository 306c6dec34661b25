/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance BACKEND[@slot] TEMPLATE [CASE...]: what every back end has to do, one list of cases
 * for all of them. TEMPLATE is a root file system with a shell. Exit status 1 when a case failed.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/provisioner/conformance/stage.h"

static sigset_t own_mask;
static const char *shared[] = {NULL, "/etc", NULL};
static struct sbx_slots slots = {.shared = shared, .host_net_fd = -1};

/* One whose keeper was too slow to answer before the end is broken, and made anew. */
void stage_next_slot(struct stage *s)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	if (!s->slot || !s->slot->is_used)
		return;
	/* What was reaped a moment ago may be counted for another. */
	for (int tries = 0; sbx_slot_is_counted(s->slot); tries++) {
		MUST(tries < 10000);
		nanosleep(&pause, NULL);
	}
	if (sbx_slot_reset(s->slot, NULL) == 0)
		return;
	MUST(s->slot->is_broken);
	sbx_slot_release(s->slot);
	MUST(sbx_slot_make(&slots, s->slot, NULL) == 0);
}

/* The keeper plans; it is given the words. */
static void plan_slot(struct stage *s, int n)
{
	stage_next_slot(s);
	s->text = (struct sbx_buffer)SBX_BUFFER_INIT;
	for (int i = 0; i < n; i++)
		sbx_buffer_add(&s->text, s->words[i], strlen(s->words[i]) + 1);
	s->request = (struct sbx_request){
		.slot = s->slot,
		.words = s->text.data,
		.n_words = (uint32_t)n,
		.n_words_bytes = (uint32_t)s->text.n_bytes,
		.stdio_fd = {0, 1, 2},
	};
}

void stage_plan(struct stage *s, const char *const *options, const char *const *command)
{
	int n = 0;
	struct sbx_error err = SBX_ERROR_INIT;
	for (; *options; options++)
		s->words[n++] = (char *)*options;
	s->words[n++] = (char *)s->template;
	if (*command)
		s->words[n++] = (char *)"--";
	for (; *command; command++)
		s->words[n++] = (char *)*command;
	s->task = (struct sbx_task)SBX_TASK_INIT;
	if (s->slot) {
		plan_slot(s, n);
		return;
	}
	s->task.options.is_live = true;
	if (sbx_options_parse(&s->task.options, n, s->words, &err) < 0 ||
	    sbx_task_settle(&s->task, &err) < 0)
		printf("%s\n", err.message);
	MUST(err.code == SBX_OK);
	sbx_task_fill_request(&s->task, &s->request);
	s->request.command_mask = &own_mask;
}

void stage_second(const struct stage *s, struct stage *out)
{
	static struct sbx_slot slot;
	*out = (struct stage){.backend = s->backend, .template = s->template};
	if (!s->slot)
		return;
	MUST(sbx_slot_make(&slots, &slot, NULL) == 0);
	out->slot = &slot;
}

void stage_start(struct stage *s)
{
	struct sbx_error err = SBX_ERROR_INIT;
	if (s->backend->prepare(&s->request, &s->sandbox, &err) < 0 ||
	    s->backend->start(s->sandbox, &err) < 0)
		printf("%s\n", err.message);
	MUST(err.code == SBX_OK);
	sbx_supervise_begin(s->sandbox);
}

void stage_destroy(struct stage *s)
{
	s->backend->destroy(s->sandbox, &s->result);
}

void stage_release(struct stage *s)
{
	s->backend->free(s->sandbox);
	s->sandbox = NULL;
	sbx_task_release(&s->task);
	sbx_buffer_release(&s->text);
}

struct sbx_event stage_await(struct stage *s, enum sbx_event_kind kind)
{
	uint64_t last = sbx_now_usec() + PATIENCE_USEC;
	struct pollfd fds[SBX_SUPERVISE_FDS];
	for (;;) {
		struct sbx_event event;
		s->backend->next_event(s->sandbox, &event);
		if (event.kind == kind)
			return event;
		if (event.kind == SBX_EVENT_FAILED)
			printf("%s\n", event.error.message);
		if (event.kind != SBX_EVENT_NONE)
			continue;
		MUST(sbx_now_usec() < last);
		sbx_supervise_fds(s->sandbox, fds);
		MUST(!s->sandbox->has_ended);
		MUST(poll(fds, SBX_SUPERVISE_FDS, 1000) >= 0);
		if (!fds[1].revents)
			sbx_supervise_move(s->sandbox, fds);
	}
}

void stage_await_end(struct stage *s)
{
	struct pollfd fds[SBX_SUPERVISE_FDS];
	uint64_t last = sbx_now_usec() + PATIENCE_USEC;
	do {
		MUST(sbx_now_usec() < last);
		sbx_supervise_fds(s->sandbox, fds);
		uint64_t deadline = sbx_supervise_deadline(s->sandbox);
		int wait = sbx_poll_timeout(deadline, sbx_now_usec());
		MUST(poll(fds, SBX_SUPERVISE_FDS, wait < 0 || wait > 1000 ? 1000 : wait) >= 0);
		struct sbx_event event;
		s->backend->next_event(s->sandbox, &event);
		if (event.kind == SBX_EVENT_FAILED)
			printf("%s\n", event.error.message);
	} while (sbx_supervise_move(s->sandbox, fds));
}

int stage_exec(struct stage *s, unsigned number, const char *script, int stdout_fd,
	       struct sbx_error *err)
{
	const struct sbx_exec exec = {
		.command = number,
		.words = LIST("/bin/sh", "-c", script),
		.stdio_fd = {-1, stdout_fd, STDERR_FILENO},
	};
	return s->backend->exec(s->sandbox, &exec, err);
}

const char *stage_shell(struct stage *s, unsigned number, const char *script, int *out_status)
{
	static char text[65536];
	int ends[2];
	MUST(pipe(ends) == 0);
	MUST(stage_exec(s, number, script, ends[1], NULL) == 0);
	close(ends[1]);
	size_t n = 0;
	ssize_t got;
	while ((got = read(ends[0], text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	close(ends[0]);
	text[n] = '\0';
	struct sbx_event event = stage_await(s, SBX_EVENT_COMMAND_ENDED);
	MUST(event.command == number);
	if (out_status)
		*out_status = event.wait_status;
	return text;
}

/* Each in a process of its own: what one leaves open or blocked is not the next one's. */
static bool run_case(const struct conformance_case *c, const struct sbx_backend *backend,
		     const char *template, bool in_slot)
{
	fflush(stdout);
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		struct sbx_slot slot;
		struct stage s = {.backend = backend, .template = template};
		alarm(2 * PATIENCE_SECONDS);
		if (in_slot) {
			shared[0] = template;
			MUST(sbx_slots_open(&slots, NULL) == 0);
			MUST(sbx_slot_make(&slots, &slot, NULL) == 0);
			s.slot = &slot;
		}
		c->run(&s);
		if (in_slot) {
			sbx_slot_release(&slot);
			sbx_slots_close(&slots);
		}
		exit(0);
	}
	int status = 0;
	MUST(waitpid(pid, &status, 0) == pid);
	printf("%s: %s\n", c->name, status == 0 ? "passed" : "FAILED");
	return status == 0;
}

static bool is_asked_for(const char *name, char **names)
{
	for (char **n = names; *n; n++)
		if (strcmp(*n, name) == 0)
			return true;
	return !*names;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		printf("usage: conformance BACKEND TEMPLATE [CASE...]\n");
		return 2;
	}
	char *in_slot = strstr(argv[1], "@slot");
	if (in_slot)
		*in_slot = '\0';
	const struct sbx_backend *backend = sbx_backend_find(argv[1]);
	slots.host_net_fd = geteuid() ? -1 : open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	MUST(backend);
	sigset_t blocked = sbx_supervise_signals();
	sigaddset(&blocked, SIGPIPE);
	sigprocmask(SIG_BLOCK, &blocked, &own_mask);
	slots.command_mask = own_mask;
	int failed = 0, ran = 0;
	for (const struct conformance_case *c = conformance_cases; c->name; c++) {
		if (!is_asked_for(c->name, argv + 3) || (c->needs_limits && geteuid() != 0))
			continue;
		ran++;
		failed += !run_case(c, backend, argv[2], in_slot);
	}
	MUST(ran > 0);
	return failed > 0;
}
