/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/reader.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "profiler/wire.h"

#define N_MAX_PROCESSES	  16
#define END_PATIENCE_MSEC 200 /* between a closed socket and the end */

/* A file on its way. */
struct job {
	const struct sbx_file *file;
	bool is_done;
	struct sbx_extraction x;
};

struct process {
	pid_t pid; /* 0: none */
	int fd;
	struct job *job;	  /* NULL: idle */
	struct sbx_limits limits; /* of the job */
	int64_t began_usec, worked_usec;
};

struct sbx_readers {
	struct process processes[N_MAX_PROCESSES];
	size_t n_processes;	       /* how many there may be */
	struct job jobs[N_READ_AHEAD]; /* a ring */
	size_t n_given, n_started, n_taken;
};

struct sbx_readers *sbx_readers_new(struct sbx_error *err)
{
	cpu_set_t set;
	struct sbx_readers *r = calloc(1, sizeof(*r));
	if (!r) {
		sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
		return NULL;
	}
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	r->n_processes = n < N_MAX_PROCESSES ? (size_t)n : N_MAX_PROCESSES;
	for (size_t i = 0; i < N_MAX_PROCESSES; i++)
		r->processes[i].fd = -1;
	return r;
}

static int kill_and_reap(pid_t pid)
{
	int status = 0;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* What has closed its socket is about to end; what does not, is made to. Its wait status. */
static int wait_for_end(const struct process *p)
{
	int status = 0;
	for (unsigned i = 0; i < END_PATIENCE_MSEC; i++) {
		pid_t ended = waitpid(p->pid, &status, WNOHANG);
		if (ended == p->pid)
			return status;
		if (ended == 0)
			usleep(1000);
	}
	return kill_and_reap(p->pid);
}

static void end_process(struct process *p)
{
	if (p->pid)
		kill_and_reap(p->pid);
	sbx_close(&p->fd);
	*p = (struct process){.fd = -1};
}

void sbx_readers_free(struct sbx_readers *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_processes; i++)
		if (r->processes[i].pid)
			end_process(&r->processes[i]);
	for (size_t i = 0; i < N_READ_AHEAD; i++)
		sbx_extraction_release(&r->jobs[i].x);
	free(r);
}

static int start_process(struct process *p, struct sbx_error *err)
{
	int pair[2];
	struct timeval patience = {READ_PATIENCE_USEC / 1000000, 0};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "the process that reads the task");
	setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	pid_t pid = fork();
	if (pid == 0)
		sbx_reader_serve(pair[1]);
	close(pair[1]);
	if (pid < 0) {
		int saved = errno;
		close(pair[0]);
		return sbx_fail_os(err, SBX_E_FAILED, saved, "the process that reads the task");
	}
	*p = (struct process){.pid = pid, .fd = pair[0]};
	return 0;
}

static void give_up(struct process *p, enum sbx_problem problem)
{
	struct job *job = p->job;
	end_process(p);
	sbx_extraction_release(&job->x);
	job->x.problem = problem;
	job->is_done = true;
}

/* It closed its socket: how it ended tells why. */
static void see_why(struct process *p)
{
	int status = wait_for_end(p);
	enum sbx_problem problem = SBX_PROBLEM_CRASHED;
	if (WIFEXITED(status) && WEXITSTATUS(status) == READER_EXIT_NO_MEMORY)
		problem = SBX_PROBLEM_NO_MEMORY;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		problem = SBX_PROBLEM_TIMED_OUT;
	p->pid = 0;
	give_up(p, problem);
}

/* Like sbx_write_all(), but a process that is gone is no reason for a signal. */
static bool send_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		data += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* Send it the next file. False when the process is gone. */
static bool send_job(struct process *p, struct job *job)
{
	const struct sbx_file *file = job->file;
	struct sbx_reader_request head = {(uint32_t)sbx_language_number(file->language),
					  (uint32_t)strlen(file->path), (uint32_t)file->n_bytes};
	p->job = job;
	p->began_usec = sbx_now_usec();
	sbx_limits_start_process(&p->limits, p->pid, READ_LIMIT_USEC, READ_PATIENCE_USEC);
	return send(p->fd, &head, sizeof(head), MSG_NOSIGNAL | MSG_MORE) == sizeof(head) &&
	       send(p->fd, file->path, head.n_path, MSG_NOSIGNAL | MSG_MORE) ==
		       (ssize_t)head.n_path &&
	       send_all(p->fd, file->data, file->n_bytes);
}

/* Compiled here, once, the rules of a language are there in every process that is forked later. */
static int start_job(struct sbx_readers *r, struct process *p, struct sbx_error *err)
{
	struct job *job = &r->jobs[r->n_started % N_READ_AHEAD];
	if (sbx_rules_compile(sbx_rules_of(job->file->language), err) < 0)
		return -1;
	if (!p->pid && start_process(p, err) < 0)
		return -1;
	r->n_started++;
	if (!send_job(p, job))
		see_why(p);
	return 0;
}

/* Who is idle gets a file that waits. */
static int start_jobs(struct sbx_readers *r, struct sbx_error *err)
{
	for (size_t i = 0; i < r->n_processes && r->n_started < r->n_given;) {
		struct job *job = &r->jobs[r->n_started % N_READ_AHEAD];
		if (!job->file->data) {
			job->x.problem = SBX_PROBLEM_TOO_LARGE;
			job->is_done = true;
			r->n_started++;
		} else if (r->processes[i].job) {
			i++;
		} else if (start_job(r, &r->processes[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

int sbx_readers_give(struct sbx_readers *r, const struct sbx_file *file, struct sbx_error *err)
{
	struct job *job = &r->jobs[r->n_given++ % N_READ_AHEAD];
	*job = (struct job){.file = file};
	return start_jobs(r, err);
}

/* The answer of a process that has one. Fails when the language's data is at fault. */
static int receive(struct process *p, struct sbx_error *err)
{
	struct sbx_reader_reply head;
	struct job *job = p->job;
	if (!sbx_reader_read_all(p->fd, &head, sizeof(head))) {
		see_why(p);
		return 0;
	}
	if (head.n_bytes > N_MAX_FACT_BYTES || head.code >= SBX_N_CODES) {
		give_up(p, SBX_PROBLEM_CRASHED);
		return 0;
	}
	char *bytes = sbx_arena_alloc(&job->x.arena, (size_t)head.n_bytes + 1);
	if (!bytes)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	if (!sbx_reader_read_all(p->fd, bytes, head.n_bytes)) {
		see_why(p);
		return 0;
	}
	if (head.code != SBX_OK)
		return sbx_fail(err, (enum sbx_code)head.code, "%s", bytes);
	if (!sbx_wire_read(bytes, head.n_bytes, &job->x)) {
		give_up(p, SBX_PROBLEM_CRASHED);
		return 0;
	}
	job->is_done = true;
	p->job = NULL;
	p->worked_usec += sbx_now_usec() - p->began_usec;
	if (p->worked_usec > RETIRE_USEC)
		end_process(p);
	return 0;
}

/* Wait until some process has answered, ended or taken too long. */
static int wait_for_any(struct sbx_readers *r, struct sbx_error *err)
{
	struct pollfd fds[N_MAX_PROCESSES];
	int64_t now = sbx_now_usec(), first = now + READ_PATIENCE_USEC;
	for (size_t i = 0; i < r->n_processes; i++) {
		const struct process *p = &r->processes[i];
		fds[i] = (struct pollfd){p->job ? p->fd : -1, POLLIN, 0};
		if (p->job && p->limits.look_usec < first)
			first = p->limits.look_usec;
	}
	int64_t msec = first > now ? (first - now) / 1000 + 1 : 0;
	if (poll(fds, r->n_processes, (int)msec) < 0 && errno != EINTR)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "waiting for a task's facts");
	for (size_t i = 0; i < r->n_processes; i++) {
		struct process *p = &r->processes[i];
		if (!p->job)
			continue;
		if (fds[i].revents) {
			if (receive(p, err) < 0)
				return -1;
		} else if (sbx_limits_are_over(&p->limits)) {
			give_up(p, SBX_PROBLEM_TIMED_OUT);
		}
	}
	return start_jobs(r, err);
}

int sbx_readers_take(struct sbx_readers *r, struct sbx_extraction *out_x, struct sbx_error *err)
{
	struct job *job = &r->jobs[r->n_taken % N_READ_AHEAD];
	while (!job->is_done)
		if (wait_for_any(r, err) < 0)
			return -1;
	r->n_taken++;
	*out_x = job->x;
	job->x = (struct sbx_extraction){0};
	return 0;
}
