/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sandbox of a server left: looked at, and copied into the client's folder, by a process
 * that is made for it. The layers are hostile, copying takes its time, and the folder may be one
 * that the client could not write to: so it is done with the client's ids.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/record.h"
#include "provisioner/serve.h"

#define MOST_TEXT (SBX_MAX_MESSAGE - sizeof(struct sbx_message))

int sbx_entry_take_in_and_out(struct sbx_entry *e, const struct sbx_client *c, uint32_t flags,
			      int *input_fd, int *output_fd, struct sbx_error *err)
{
	struct stat st;
	if (flags & SBX_FLAG_INPUT) {
		if (fstat(*input_fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		    fcntl(*input_fd, F_GETFL) & (O_PATH | O_WRONLY))
			return sbx_fail(err, SBX_E_INPUT,
					"create: the input is no regular file that is open for "
					"reading; give others as standard input");
		e->input_fd = sbx_steal_fd(input_fd);
	}
	if (!(flags & SBX_FLAG_OUTPUT))
		return 0;
	if (fstat(*output_fd, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    fcntl(*output_fd, F_GETFL) & O_PATH)
		return sbx_fail(err, SBX_E_INPUT,
				"create: the output is no folder that is open for reading");
	if (geteuid() != 0 && c->uid != geteuid())
		return sbx_fail(err, SBX_E_DENIED,
				"create: this server cannot write with another user's rights; "
				"leave the output out, or have it run by root");
	e->output_fd = sbx_steal_fd(output_fd);
	return 0;
}

/*
 * The client's ids, and of all rights the one to read what others' numbers own: what is written
 * needs the client's own.
 */
static int set_ids(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const uint32_t kept = 1U << CAP_DAC_READ_SEARCH;
	const struct __user_cap_data_struct data[2] = {{kept, kept, 0}};
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || syscall(SYS_setgroups, 0, NULL) < 0 ||
			       syscall(SYS_setresgid, gid, gid, gid) < 0 ||
			       syscall(SYS_setresuid, uid, uid, uid) < 0 ||
			       (uid != 0 && syscall(SYS_capset, &header, data) < 0) ||
			       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
		       ? -1
		       : 0;
}

static int become(uid_t uid, gid_t gid, pid_t server, struct sbx_error *err)
{
	if (geteuid() == 0 && set_ids(uid, gid) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "output: the client's ids");
	/* With other ids the kernel has forgotten it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != server)
		_exit(1);
	return 0;
}

/* No more of it than a message has room for. */
static void add_text(struct sbx_entry *e, struct sbx_buffer *out)
{
	const struct sbx_container *c = (struct sbx_container *)e->sandbox;
	const struct sbx_plan plan = {.unenforced = c->unenforced, .reduced = &c->reduced};
	struct sbx_written *written = e->record.written;
	for (;;) {
		out->n_bytes = 0;
		sbx_result_add_json(&e->result, &plan, e->has_record ? &e->record : NULL, out);
		if (out->failed || out->n_bytes < MOST_TEXT || !written || !written->n_paths)
			return;
		/* The paths alone: all are counted. */
		written->n_paths /= 2;
	}
}

/* Only what it has to do with. */
static void keep_only(int fds[3])
{
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], i) != i)
			_exit(1);
	syscall(SYS_close_range, 3, ~0U, 0);
	for (int i = 0; i < 3; i++)
		fds[i] = fds[i] < 0 ? -1 : i;
}

static _Noreturn void look(const struct sbx_slots *slots, struct sbx_entry *e, int pipe_fd,
			   pid_t server)
{
	SBX_CLEANUP_OPTIONS struct sbx_options options = SBX_OPTIONS_INIT;
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NAME, "sbx-collect", 0, 0, 0);
	/* Above those that they become. */
	int fds[3] = {fcntl(pipe_fd, F_DUPFD, 16), fcntl(e->record.layers_fd, F_DUPFD, 16),
		      e->output_fd < 0 ? -1 : fcntl(e->output_fd, F_DUPFD, 16)};
	keep_only(fds);
	e->record.layers_fd = fds[1];
	e->output_fd = fds[2];
	/* The words have been read before, by the keeper; they say what is where. */
	options.is_live = true;
	options.shared = slots->shared;
	SBX_CLEANUP_FREE const char **words = sbx_message_words(
		&(struct sbx_message){.n_words = e->request.n_words}, e->words.data);
	if (!words ||
	    sbx_options_parse(&options, (int)e->request.n_words, (char **)words, &err) < 0)
		_exit(1);
	if (e->record.wanted & SBX_RECORD_FILES)
		sbx_record_look(&e->record, &options);
	if (e->output_fd >= 0 && (become(e->uid, e->gid, server, &err) < 0 ||
				  sbx_record_collect(&e->record, e->output_fd, &err) < 0)) {
		e->record.has_output = e->record.output_failed = true;
		if (e->result.exit_status == 0)
			e->result.exit_status = sbx_code_exit_status(SBX_E_SANDBOX);
	}
	add_text(e, &text);
	_exit(text.failed || sbx_write_all(fds[0], text.data, text.n_bytes) < 0);
}

bool sbx_entry_collect(struct sbx_server *s, struct sbx_entry *e)
{
	int ends[2];
	bool wanted = e->output_fd >= 0 || e->record.wanted & SBX_RECORD_FILES;
	bool is_anybodys = e->client || e->destroyer || e->is_kept;
	if (!wanted || !is_anybodys || s->is_ending || e->record.layers_fd < 0 ||
	    pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	pid_t server = getpid();
	sbx_record_show_children(&e->record);
	e->collector = fork();
	if (e->collector == 0) {
		fcntl(ends[1], F_SETFL, 0);
		look(&s->slots, e, ends[1], server);
	}
	sbx_record_hide_from_children(&e->record);
	close(ends[1]);
	e->collector_fd = ends[0];
	if (e->collector > 0)
		return true;
	e->collector = 0;
	sbx_close(&e->collector_fd);
	return false;
}

bool sbx_entry_collected(struct sbx_entry *e)
{
	char part[4096];
	ssize_t n;
	while ((n = read(e->collector_fd, part, sizeof(part))) > 0)
		if (e->text.n_bytes <= MOST_TEXT)
			sbx_buffer_add(&e->text, part, (size_t)n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/*
	 * Killed, it closes what it writes to in the client's folder as well, and a file system of
	 * the client's may let it wait for that: what is waited for now is its end.
	 */
	int status = 1;
	pid_t reaped = waitpid(e->collector, &status, WNOHANG);
	if (reaped == 0) {
		sbx_close(&e->collector_fd);
		e->collector_fd = (int)syscall(SYS_pidfd_open, e->collector, 0);
		if (e->collector_fd >= 0)
			return false;
	}
	while (reaped == 0 && waitpid(e->collector, &status, 0) < 0 && errno == EINTR)
		;
	e->collector = 0;
	sbx_close(&e->collector_fd);
	/* It was killed, or had no memory: then nobody has looked. */
	if (status != 0 || e->text.failed || e->text.n_bytes > MOST_TEXT)
		sbx_buffer_release(&e->text);
	return true;
}

void sbx_entry_add_record(struct sbx_entry *e, struct sbx_buffer *out)
{
	if (e->text.n_bytes)
		return sbx_buffer_add(out, e->text.data, e->text.n_bytes);
	if (e->output_fd >= 0)
		e->record.has_output = e->record.output_failed = true;
	add_text(e, out);
}
