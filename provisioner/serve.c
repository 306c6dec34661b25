/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/idmap.h"
#include "provisioner/descriptors.h"
#include "provisioner/init.h"
#include "provisioner/print.h"
#include "provisioner/scheduling.h"
#include "provisioner/supervise.h"
#include "provisioner/template.h"

/* How long sandboxes may take to be gone when the server ends. */
#define FAREWELL_USEC 5000000
/* How long a slot keeps a sandbox ready that nobody asks for: it holds its template. */
#define READY_USEC     30000000
#define SWEEP_USEC     1000000
#define SWEEP_MAX_USEC 60000000

static int fail(const struct sbx_error *err)
{
	fprintf(stderr, "sbx-provision: serve: %s\n", err->message);
	return sbx_code_exit_status(err->code);
}

static void free_tables(struct sbx_server *s)
{
	free(s->slot);
	free(s->entry);
	free(s->client);
	free(s->fds);
	free(s->packet);
}

static void forget(const struct sbx_slots *slots)
{
	free_tables((struct sbx_server *)((char *)slots - offsetof(struct sbx_server, slots)));
}

static int make_tables(struct sbx_server *s, struct sbx_error *err)
{
	s->slot = calloc(s->max_sandboxes, sizeof(*s->slot));
	s->entry = calloc(s->max_sandboxes, sizeof(*s->entry));
	s->client = calloc(s->max_clients, sizeof(*s->client));
	s->fds = calloc(2 + s->max_clients + (size_t)SBX_SUPERVISE_FDS * s->max_sandboxes +
				SBX_MAX_FAMILY_FDS,
			sizeof(*s->fds));
	s->packet = malloc(SBX_MAX_MESSAGE);
	if (!s->slot || !s->entry || !s->client || !s->fds || !s->packet)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "tables");
	for (unsigned i = 0; i < s->max_sandboxes; i++)
		s->entry[i] = (struct sbx_entry)SBX_ENTRY_INIT;
	for (unsigned i = 0; i < s->max_clients; i++)
		s->client[i].fd = -1;
	return sbx_families_open(s, err);
}

static int block_signals(struct sbx_server *s, struct sbx_error *err)
{
	sigset_t ends, blocked = sbx_supervise_signals();
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&blocked, SIGPIPE);
	sigprocmask(SIG_BLOCK, &blocked, &s->slots.command_mask);
	s->signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? sbx_fail_os(err, SBX_E_FAILED, errno, "signalfd") : 0;
}

static int open_server(struct sbx_server *s, struct sbx_error *err)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* An ordinary user's sandbox has a network of its own from its user namespace. */
	s->slots.host_net_fd = geteuid() == 0 && !sbx_idmap_is_nested()
				       ? open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)
				       : -1;
	if (make_tables(s, err) < 0 || block_signals(s, err) < 0 || sbx_serve_listen(s, err) < 0 ||
	    sbx_slots_open(&s->slots, err) < 0)
		return -1;
	for (; s->n_slots < s->n_ready_slots; s->n_slots++)
		if (sbx_slot_make(&s->slots, &s->slot[s->n_slots], err) < 0)
			return -1;
	s->sweep_wait_usec = SWEEP_USEC;
	s->sweep_usec = sbx_now_usec() + SWEEP_USEC;
	return 0;
}

static void close_server(struct sbx_server *s)
{
	for (unsigned i = 0; s->client && i < s->max_clients; i++)
		if (s->client[i].fd >= 0)
			sbx_client_drop(s, &s->client[i]);
	/* Those that did not end in time; families end only when all their tasks have. */
	for (unsigned i = 0; s->entry && i < s->max_sandboxes; i++) {
		struct sbx_result unused;
		if (s->entry[i].number)
			s->entry[i].sandbox->backend->destroy(s->entry[i].sandbox, &unused);
	}
	sbx_families_close(s);
	for (unsigned i = 0; i < s->n_slots; i++)
		sbx_slot_release(&s->slot[i]);
	sbx_slots_close(&s->slots);
	if (s->socket_path && s->listen_fd >= 0)
		unlink(s->socket_path);
	free_tables(s);
}

/* 0: it has none. */
static uint64_t ready_until(const struct sbx_slot *slot)
{
	return !slot->is_taken && !slot->ready.family && slot->made && *slot->made > 0
		       ? slot->readied_usec + READY_USEC
		       : 0;
}

static void unready_slots(struct sbx_server *s)
{
	uint64_t now = sbx_now_usec();
	for (unsigned i = 0; i < s->n_slots; i++) {
		uint64_t until = ready_until(&s->slot[i]);
		if (!until || until > now)
			continue;
		sbx_slot_unready(&s->slot[i]);
		/* The keeper lets go of what it holds of it, too. */
		sbx_slot_ready(&s->slot[i], NULL, 0, 0);
	}
}

/*
 * What a killed server left ends in its own time, after this one has begun: it is looked for after
 * one second, three, seven, and so on for a minute.
 */
static void sweep_again(struct sbx_server *s)
{
	uint64_t now = sbx_now_usec();
	if (!s->sweep_usec || s->sweep_usec > now)
		return;
	sbx_groups_sweep(&s->slots.server, false);
	s->sweep_wait_usec *= 2;
	s->sweep_usec = s->sweep_wait_usec < SWEEP_MAX_USEC ? now + s->sweep_wait_usec : 0;
}

/*
 * What to wait for of a sandbox. poll(2) takes no more entries than there may be descriptors, and
 * says so by failing: there is none for what is not there.
 */
static unsigned fill_entry_fds(struct sbx_entry *e, struct pollfd *out, uint64_t *out_deadline)
{
	struct pollfd fds[SBX_SUPERVISE_FDS];
	unsigned n = 0;
	uint64_t deadline = sbx_entry_fds(e, fds);
	if (deadline && (!*out_deadline || deadline < *out_deadline))
		*out_deadline = deadline;
	e->polled = 0;
	for (unsigned i = 0; i < SBX_SUPERVISE_FDS; i++) {
		if (fds[i].fd < 0)
			continue;
		e->polled |= 1U << i;
		out[n++] = fds[i];
	}
	return n;
}

/* What to wait for. Returns how many. */
static unsigned fill_fds(struct sbx_server *s, uint64_t *out_deadline, unsigned *out_n_families)
{
	unsigned n = 0;
	*out_deadline = 0;
	s->fds[n++] = (struct pollfd){s->is_ending ? -1 : s->listen_fd, POLLIN, 0};
	s->fds[n++] = (struct pollfd){s->signal_fd, POLLIN, 0};
	for (unsigned i = 0; i < s->max_clients; i++) {
		struct sbx_client *c = &s->client[i];
		if (c->fd < 0 || (c->is_held && !c->first))
			continue;
		/* One who does not take answers asks nothing more. */
		c->poll_index = n;
		s->fds[n++] = (struct pollfd){c->fd, c->first ? POLLOUT : POLLIN, 0};
	}
	for (unsigned i = 0; i < s->n_entries; i++) {
		s->entry[i].poll_index = n;
		if (s->entry[i].number)
			n += fill_entry_fds(&s->entry[i], &s->fds[n], out_deadline);
	}
	for (unsigned i = 0; i < s->n_slots; i++) {
		uint64_t until = ready_until(&s->slot[i]);
		if (until && (!*out_deadline || until < *out_deadline))
			*out_deadline = until;
	}
	if (s->sweep_usec && (!*out_deadline || s->sweep_usec < *out_deadline))
		*out_deadline = s->sweep_usec;
	if (s->families_due_usec && (!*out_deadline || s->families_due_usec < *out_deadline))
		*out_deadline = s->families_due_usec;
	uint64_t look = sbx_serve_slots_deadline(s);
	if (look && (!*out_deadline || look < *out_deadline))
		*out_deadline = look;
	/* Last: whatever comes of them is the same for all. */
	*out_n_families = sbx_families_fds(s, &s->fds[n]);
	return n;
}

static void end(struct sbx_server *s)
{
	struct signalfd_siginfo info;
	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		;
	s->is_ending = true;
	for (unsigned i = 0; i < s->n_entries; i++)
		if (s->entry[i].number)
			sbx_entry_kill(&s->entry[i]);
}

static bool has_sandboxes(const struct sbx_server *s)
{
	for (unsigned i = 0; i < s->n_entries; i++)
		if (s->entry[i].number)
			return true;
	return false;
}

/* What becomes of one may end another: each knows where its own descriptors are. */
static void move_sandboxes(struct sbx_server *s)
{
	for (unsigned i = 0; i < s->n_entries; i++) {
		struct sbx_entry *e = &s->entry[i];
		const struct pollfd *at = &s->fds[e->poll_index];
		struct pollfd fds[SBX_SUPERVISE_FDS];
		if (!e->number)
			continue;
		for (unsigned k = 0; k < SBX_SUPERVISE_FDS; k++)
			fds[k] = e->polled >> k & 1 ? *at++ : (struct pollfd){.fd = -1};
		sbx_entry_move(s, e, fds);
	}
}

static int wait_and_move(struct sbx_server *s, uint64_t farewell)
{
	uint64_t deadline;
	unsigned n_families, n = fill_fds(s, &deadline, &n_families);
	if (farewell && (!deadline || farewell < deadline))
		deadline = farewell;
	uint64_t now = deadline ? sbx_now_usec() : 0;
	if (poll(s->fds, n + n_families, sbx_poll_timeout(deadline, now)) < 0)
		return errno == EINTR || errno == ENOMEM || errno == EAGAIN ? 0 : -1;
	bool is_due = s->families_due_usec && s->families_due_usec <= sbx_now_usec();
	for (unsigned i = 0; i < n_families; i++)
		is_due = is_due || s->fds[n + i].revents;
	if (is_due)
		sbx_families_move(s);
	sbx_serve_move_slots(s);
	unready_slots(s);
	sweep_again(s);
	/* Sandboxes first: their number among the descriptors is that of before. */
	move_sandboxes(s);
	s->turn++;
	for (unsigned i = 0; i < s->max_clients; i++) {
		struct sbx_client *c = &s->client[(s->turn + i) % s->max_clients];
		if (c->fd < 0 || !(c->is_held || s->fds[c->poll_index].revents))
			continue;
		if (c->first)
			sbx_client_flush(s, c);
		else
			sbx_client_read(s, c);
	}
	if (s->fds[0].revents)
		sbx_serve_accept(s);
	if (s->fds[1].revents)
		end(s);
	return 0;
}

static void serve(struct sbx_server *s)
{
	uint64_t farewell = 0;
	while (wait_and_move(s, farewell) == 0) {
		if (!s->is_ending)
			continue;
		if (!farewell)
			farewell = sbx_now_usec() + FAREWELL_USEC;
		if (!has_sandboxes(s) || sbx_now_usec() > farewell)
			return;
	}
}

/* From then on clients have the numbers that they have in there: its user 0, all others nobody's.
 */
static int enter_ids(struct sbx_server *s, struct sbx_error *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	if (sbx_store_enter_ids(s->slots.root_dir, err) < 0)
		return -1;
	if (!sbx_idmap_entered())
		return 0;
	if (s->owner != uid || s->group != gid)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"--owner: the store's owners are in a range of ids, where other "
				"users of this host have no number; leave it out");
	s->owner = geteuid();
	s->group = getegid();
	return 0;
}

static void release_words(char ***words)
{
	for (char **word = *words; word && *word; word++)
		free(*word);
	free(*words);
}

int sbx_verb_serve(int argc, char **argv)
{
	struct sbx_server server = {
		.n_ready_slots = 4,
		.max_sandboxes = 256,
		.max_clients = 64,
		.max_zygotes = 64,
		.zygote_library = SBX_ZYGOTE_LIBRARY,
		.listen_fd = -1,
		.signal_fd = -1,
		.spare_fd = -1,
		.slots.forget = forget,
		.owner = geteuid(),
		.group = getegid(),
		.mode = 0600,
	};
	struct sbx_error err = SBX_ERROR_INIT;
	sbx_groups_init(&server.slots.server);
	if (sbx_check_standard_descriptors(&err) < 0 || sbx_keep_real_time_outside(&err) < 0)
		return fail(&err);
	/* The words themselves are wiped in every sandbox. */
	__attribute__((cleanup(release_words))) char **words = sbx_copy_words(argv);
	if (!words)
		return 1;
	server.slots.arguments = argv;
	int done = sbx_serve_options(&server, argc - 1, words + 1, &err);
	if (done > 0) {
		SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
		sbx_serve_add_usage(&text);
		return sbx_print(&text);
	}
	if (done == 0)
		done = enter_ids(&server, &err);
	if (done == 0)
		done = open_server(&server, &err);
	if (done == 0) {
		serve(&server);
		close_server(&server);
		return 0;
	}
	close_server(&server);
	return fail(&err);
}
