/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `sbx-provision serve`. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fd.h"
#include "provisioner/serve.h"
#include "provisioner/source.h"
#include "provisioner/values.h"

#define MOST_SANDBOXES 1024
#define MOST_SHARED    16

struct draft {
	struct sbx_server *server;
	struct sbx_policy_keys keys;
	const char *shared[MOST_SHARED + 1];
	unsigned n_shared;
	bool wants_help;
};

static int count(const char *value, uint64_t most, unsigned *out, struct sbx_error *err)
{
	uint64_t n;
	if (sbx_parse_count(value, most, &n, err) < 0)
		return -1;
	*out = (unsigned)n;
	return 0;
}

static int set_socket(struct draft *d, const char *value, struct sbx_error *err)
{
	d->server->socket_path = value;
	return 0;
}

static int set_socket_fd(struct draft *d, const char *value, struct sbx_error *err)
{
	unsigned fd;
	if (count(value, 1U << 20, &fd, err) < 0)
		return -1;
	d->server->listen_fd = (int)fd;
	return 0;
}

static int set_mode(struct draft *d, const char *value, struct sbx_error *err)
{
	char *end;
	unsigned long mode = strtoul(value, &end, 8);
	if (!*value || *end || mode > 0777)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected a mode such as 0660", value);
	d->server->mode = (mode_t)mode;
	return 0;
}

static int set_owner(struct draft *d, const char *value, struct sbx_error *err)
{
	char *end;
	unsigned long uid = strtoul(value, &end, 10), gid = uid;
	const char *group = end != value && *end == ':' ? end + 1 : NULL;
	if (group)
		gid = strtoul(group, &end, 10);
	if (end == value || end == group || *end || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected UID or UID:GID, numbers", value);
	d->server->owner = (uid_t)uid;
	d->server->group = (gid_t)gid;
	return 0;
}

static int set_slots(struct draft *d, const char *value, struct sbx_error *err)
{
	return count(value, MOST_SANDBOXES, &d->server->n_ready_slots, err);
}

static int set_max_sandboxes(struct draft *d, const char *value, struct sbx_error *err)
{
	return count(value, MOST_SANDBOXES, &d->server->max_sandboxes, err);
}

static int set_max_clients(struct draft *d, const char *value, struct sbx_error *err)
{
	return count(value, MOST_SANDBOXES, &d->server->max_clients, err);
}

static int set_policy(struct draft *d, const char *value, struct sbx_error *err)
{
	struct sbx_policy policy = {0};
	size_t n = 0;
	SBX_CLEANUP_FREE char *text = sbx_policy_find(value, &n, err);
	if (!text || sbx_policy_parse(&policy, text, n, value, &d->keys, err) < 0)
		return -1;
	return sbx_policy_restrict(&d->server->slots.ceiling, &policy, err);
}

static int set_share(struct draft *d, const char *value, struct sbx_error *err)
{
	if (value[0] != '/' || !value[1])
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected an absolute path of a folder",
				value);
	SBX_CLEANUP_FD int fd = open(value, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "%s%s", value,
				   sbx_source_hint(errno, O_DIRECTORY));
	if (d->n_shared == MOST_SHARED)
		return sbx_fail(err, SBX_E_USAGE, "more than %d folders", MOST_SHARED);
	d->shared[d->n_shared++] = value;
	return 0;
}

static int set_root(struct draft *d, const char *value, struct sbx_error *err)
{
	d->server->slots.root_dir = value;
	return 0;
}

static int set_zygote(struct draft *d, const char *value, struct sbx_error *err)
{
	if (value[0] != '/')
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected an absolute path", value);
	d->server->zygote_library = value;
	return 0;
}

static int set_zygotes(struct draft *d, const char *value, struct sbx_error *err)
{
	return count(value, SBX_MAX_FAMILY_FDS, &d->server->max_zygotes, err);
}

static int set_zygote_memory(struct draft *d, const char *value, struct sbx_error *err)
{
	return sbx_parse_bytes(value, &d->server->max_zygote_bytes, err);
}

static int set_help(struct draft *d, const char *value, struct sbx_error *err)
{
	d->wants_help = true;
	return 0;
}

static const struct {
	const char *name, *arg, *help;
	int (*set)(struct draft *d, const char *value, struct sbx_error *err);
} table[] = {
	{"socket", "PATH", "listen here", set_socket},
	{"socket-fd", "N", "or at this descriptor, a socket that is bound and listens",
	 set_socket_fd},
	{"mode", "MODE", "of the socket (default: 0600)", set_mode},
	{"owner", "UID[:GID]", "of the socket, who may drive it (default: this user)", set_owner},
	{"slots", "N", "how many are kept ready (default: 4)", set_slots},
	{"max-sandboxes", "N", "how many there are at most (default: 256)", set_max_sandboxes},
	{"max-clients", "N", "how many may be connected (default: 64), of one user three quarters",
	 set_max_clients},
	{"policy", "NAME|FILE", "no sandbox gets more than this (may be repeated)", set_policy},
	{"share", "DIR",
	 "a folder of the host that clients may name in options; it must not be theirs to change "
	 "(may be repeated)",
	 set_share},
	{"zygote", "FILE", "sbx-zygote.so, which makes an interpreter a zygote (docs/zygotes.md)",
	 set_zygote},
	{"zygotes", "N",
	 "how many there are at most (default: 64); those used longest ago make room", set_zygotes},
	{"zygote-memory", "BYTES", "what they may take together (PSS; default: any), likewise",
	 set_zygote_memory},
	{"root", "DIR", "where templates/ is, as for run", set_root},
	{"help", NULL, "print this", set_help},
};

void sbx_serve_add_usage(struct sbx_buffer *out)
{
	sbx_buffer_printf(out, "Usage: sbx-provision serve --socket PATH [OPTION...]\n\n"
			       "Make sandboxes on request (docs/serve-protocol.md), in the "
			       "foreground, until SIGTERM.\n\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		sbx_buffer_printf(out, "  --%s%s%s\n      %s\n", table[i].name,
				  table[i].arg ? " " : "", table[i].arg ? table[i].arg : "",
				  table[i].help);
}

void sbx_serve_add_manual(struct sbx_buffer *out)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char name[32];
		snprintf(name, sizeof(name), "--%s", table[i].name);
		sbx_help_add_item(out, name, table[i].arg, table[i].help);
	}
}

void sbx_serve_add_completion(struct sbx_completion *c)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		sbx_help_add_completed(c, table[i].name, table[i].arg);
}

static int parse_one(struct draft *d, int argc, char **argv, int *i, struct sbx_error *err)
{
	for (size_t row = 0; row < sizeof(table) / sizeof(table[0]); row++) {
		size_t n = strlen(table[row].name);
		if (strncmp(argv[*i], "--", 2) != 0 ||
		    strncmp(argv[*i] + 2, table[row].name, n) != 0)
			continue;
		const char *value = argv[*i] + 2 + n;
		if (*value && *value != '=')
			continue;
		if (table[row].arg && !*value && ++*i == argc)
			return sbx_fail(err, SBX_E_USAGE, "--%s: is the last word; give it its %s",
					table[row].name, table[row].arg);
		if (table[row].set(d, *value ? value + 1 : argv[*i], err) < 0)
			return sbx_error_prefix(err, "--%s", table[row].name);
		return 0;
	}
	return sbx_fail(err, SBX_E_USAGE, "%s: no such option; see sbx-provision serve --help",
			argv[*i]);
}

/* What holds for every sandbox of this host holds here too, and what is not said is none. */
static int settle(struct draft *d, struct sbx_error *err)
{
	struct sbx_policy host = {0};
	struct sbx_server *s = d->server;
	SBX_CLEANUP_FREE char *text = NULL;
	size_t n = 0;
	if (sbx_policy_find_host(SBX_HOST_POLICY, &text, &n, err) < 0 ||
	    (text && sbx_policy_parse(&host, text, n, SBX_HOST_POLICY, &d->keys, err) < 0) ||
	    sbx_policy_restrict(&s->slots.ceiling, &host, err) < 0)
		return -1;
	if (!s->slots.ceiling.net)
		s->slots.ceiling.net = SBX_NET_NONE;
	if (!s->socket_path == (s->listen_fd < 0))
		return sbx_fail(err, SBX_E_USAGE, "give --socket or --socket-fd, one of them");
	if (s->n_ready_slots > s->max_sandboxes)
		s->n_ready_slots = s->max_sandboxes;
	return 0;
}

int sbx_serve_options(struct sbx_server *s, int argc, char **argv, struct sbx_error *err)
{
	/* They live as long as the server. */
	static struct draft draft;
	draft.server = s;
	for (int i = 0; i < argc; i++) {
		if (parse_one(&draft, argc, argv, &i, err) < 0)
			return -1;
		if (draft.wants_help)
			return 1;
	}
	s->slots.shared = draft.shared;
	return settle(&draft, err);
}
