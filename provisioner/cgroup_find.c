/* SPDX-License-Identifier: Apache-2.0 */
/* Where cgroups can be made: by what /proc says and what the folders allow. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/cgroup.h"
#include "provisioner/values.h"

#define MAX_PROC_FILE (16 << 20)
#define TREE	      "/sys/fs/cgroup"
#define ROOT_INODE    1 /* of the first folder of a tree of cgroups; others have other numbers */

/* No controllers of version 2, but what any of its groups does. */
#define BUILT_IN (1U << SBX_CONTROLLER_CPUACCT | 1U << SBX_CONTROLLER_FREEZER)

static const char *const names[SBX_N_CONTROLLERS] = {
	[SBX_CONTROLLER_MEMORY] = "memory",   [SBX_CONTROLLER_CPU] = "cpu",
	[SBX_CONTROLLER_PIDS] = "pids",	      [SBX_CONTROLLER_IO] = "io",
	[SBX_CONTROLLER_CPUACCT] = "cpuacct", [SBX_CONTROLLER_FREEZER] = "freezer",
};

/* What version 1 calls it. */
static const char *name_v1(unsigned controller)
{
	return controller == SBX_CONTROLLER_IO ? "blkio" : names[controller];
}

const char *sbx_controller_name(enum sbx_controller controller)
{
	return names[controller];
}

void sbx_places_release(struct sbx_places *places)
{
	for (unsigned i = 0; i < places->n; i++)
		free(places->place[i].parent);
	*places = (struct sbx_places){0};
}

/* The controllers among words that blanks, commas or newlines part. */
static unsigned controllers_among(const char *words, size_t n_bytes, bool is_v1)
{
	unsigned found = 0;
	const char *end = words + n_bytes;
	while (words < end) {
		size_t n = 0;
		while (words + n < end && !strchr(" ,\n", words[n]))
			n++;
		for (unsigned c = 0; c < SBX_N_CONTROLLERS; c++) {
			const char *name = is_v1 ? name_v1(c) : names[c];
			if (strlen(name) == n && memcmp(words, name, n) == 0)
				found |= 1U << c;
		}
		words += n + 1;
	}
	return found;
}

static unsigned controllers_in_file(const char *folder, const char *file)
{
	SBX_CLEANUP_FREE char *path = NULL;
	char text[512];
	if (asprintf(&path, "%s/%s", folder, file) < 0)
		return 0;
	if (!sbx_cgroup_read(AT_FDCWD, path, text, sizeof(text)))
		return 0;
	return controllers_among(text, strlen(text), false);
}

static bool may_make_groups_in(const char *folder)
{
	SBX_CLEANUP_FREE char *procs = NULL;
	return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 &&
	       asprintf(&procs, "%s/cgroup.procs", folder) >= 0 &&
	       faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS) == 0;
}

/*
 * Weights for disks are a scheduler's business (BFQ, or a cost model in version 2). The file for it
 * is in the groups, others of the scheduler's are also in the tree's root.
 */
static unsigned without_unweighted_io(const char *folder, unsigned controllers)
{
	static const char *const files[] = {"blkio.bfq.io_service_bytes", "blkio.weight",
					    "io.weight", "io.bfq.weight", "io.cost.qos"};
	if (!(controllers & 1U << SBX_CONTROLLER_IO))
		return controllers;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		SBX_CLEANUP_FREE char *path = NULL;
		if (asprintf(&path, "%s/%s", folder, files[i]) >= 0 && access(path, F_OK) == 0)
			return controllers;
	}
	return controllers & ~(1U << SBX_CONTROLLER_IO);
}

/* Are we the only process in the group? */
static bool is_alone_in(const char *folder)
{
	SBX_CLEANUP_FREE char *path = NULL;
	if (asprintf(&path, "%s/cgroup.procs", folder) < 0)
		return false;
	char text[32], *end;
	return sbx_cgroup_read(AT_FDCWD, path, text, sizeof(text)) &&
	       strtol(text, &end, 10) == getpid() && strcmp(end, "\n") == 0;
}

/* A mount of a cgroup file system, in the text of mountinfo (proc(5)). */
struct mount {
	char *point; /* owned, with the prefix */
	char *root;  /* owned: which group is mounted there */
};

static void mount_release(struct mount *m)
{
	free(m->point);
	free(m->root);
}

/*
 * The mount of version 1's hierarchy with a controller, or with NULL of version 2's. Returns 1, 0
 * when there is none, and -1 without memory: that is no host without cgroups.
 */
static int find_mount(const char *mountinfo, const char *prefix, const char *controller,
		      struct mount *out)
{
	for (const char *line = mountinfo; *line;) {
		size_t n = strcspn(line, "\n");
		SBX_CLEANUP_FREE char *copy = strndup(line, n);
		line += n + (line[n] == '\n');
		char root[4096], point[4096], type[32], options[1024];
		if (!copy)
			return -1;
		char *dash = strstr(copy, " - ");
		if (!dash || sscanf(copy, "%*s %*s %*s %4095s %4095s", root, point) != 2 ||
		    sscanf(dash, " - %31s %*s %1023s", type, options) != 2)
			continue;
		if (strcmp(type, controller ? "cgroup" : "cgroup2") != 0)
			continue;
		bool fits = !controller;
		for (char *state, *word = strtok_r(options, ",", &state); word && !fits;
		     word = strtok_r(NULL, ",", &state))
			fits = strcmp(word, controller) == 0;
		if (!fits)
			continue;
		sbx_unescape_octal(root);
		sbx_unescape_octal(point);
		out->root = strdup(root);
		return asprintf(&out->point, "%s%s", prefix, point) >= 0 && out->root ? 1 : -1;
	}
	return 0;
}

/* Our own group's folder below a mount: the mount may show a part of the tree alone. */
static char *folder_of(const struct mount *m, const char *group, size_t n)
{
	size_t root = strlen(m->root);
	if (root == 1 && m->root[0] == '/')
		root = 0;
	bool below = n >= root && memcmp(group, m->root, root) == 0;
	char *path = NULL;
	if (n == 1)
		n = 0;
	if (asprintf(&path, "%s%.*s", m->point, below && n > root ? (int)(n - root) : 0,
		     group + (below ? root : 0)) < 0)
		return NULL;
	return path;
}

static void add_place(struct sbx_places *out, char *parent, enum sbx_place_kind kind,
		      unsigned controllers)
{
	out->place[out->n++] = (struct sbx_place){parent, kind, controllers};
	out->missing &= ~controllers;
}

/* Version 1: each line "N:controller,controller:/group" whose folder we may write to. */
static int find_v1(const char *mountinfo, const char *prefix, const char *line, size_t n,
		   unsigned wanted, struct sbx_places *out, struct sbx_error *err)
{
	const char *list = memchr(line, ':', n);
	const char *group = list ? memchr(list + 1, ':', n - (size_t)(list + 1 - line)) : NULL;
	if (!group)
		return 0;
	list++;
	unsigned here =
		controllers_among(list, (size_t)(group - list), true) & wanted & out->missing;
	group++;
	for (unsigned c = 0; c < SBX_N_CONTROLLERS && here; c++) {
		__attribute__((cleanup(mount_release))) struct mount m = {0};
		int found = here & 1U << c ? find_mount(mountinfo, prefix, name_v1(c), &m) : 0;
		if (found == 0)
			continue;
		char *folder = found < 0 ? NULL : folder_of(&m, group, n - (size_t)(group - line));
		if (!folder)
			return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "cgroups");
		here = without_unweighted_io(folder, here);
		if (here && may_make_groups_in(folder))
			add_place(out, folder, SBX_PLACE_V1, here);
		else
			free(folder);
		break;
	}
	return 0;
}

/* Ours, once we have left it, if we are its only process. */
static unsigned controllers_of_own(const char *folder, unsigned wanted)
{
	unsigned own = is_alone_in(folder) ? controllers_in_file(folder, "cgroup.controllers") : 0;
	own = without_unweighted_io(folder, own & wanted);
	return own && may_make_groups_in(folder) ? own : 0;
}

/*
 * The lowest from here up to the mount's first that gives on more of what is wanted than `found`;
 * NULL: none. `folder` is cut short meanwhile.
 */
static char *find_giver(char *folder, const char *top, unsigned wanted, unsigned *found)
{
	char *best = NULL;
	for (;;) {
		unsigned here = without_unweighted_io(
			folder, controllers_in_file(folder, "cgroup.subtree_control") & wanted);
		if (__builtin_popcount(here) > __builtin_popcount(*found) &&
		    may_make_groups_in(folder)) {
			char *copy = strdup(folder);
			*found = copy ? here : *found;
			free(best);
			best = copy;
		}
		char *slash = strrchr(folder, '/');
		/* No group has more than all. */
		if (strlen(folder) <= strlen(top) || !slash || *found == (wanted & ~BUILT_IN))
			return best;
		*slash = '\0';
	}
}

/*
 * Version 2: a group gives its children those controllers that its cgroup.subtree_control names,
 * and holds no processes of its own then ("no internal processes"). So it is one above ours, or
 * the root of the tree; or ours, once we have left it.
 */
static int find_v2(const char *mountinfo, const char *prefix, const char *group, size_t n,
		   struct sbx_places *out, struct sbx_error *err)
{
	__attribute__((cleanup(mount_release))) struct mount m = {0};
	int has_mount = out->missing ? find_mount(mountinfo, prefix, NULL, &m) : 0;
	if (has_mount == 0)
		return 0;
	SBX_CLEANUP_FREE char *own = has_mount < 0 ? NULL : folder_of(&m, group, n);
	SBX_CLEANUP_FREE char *above = own ? strdup(own) : NULL;
	if (!above)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "cgroups");
	unsigned found = controllers_of_own(own, out->missing);
	enum sbx_place_kind kind = found ? SBX_PLACE_OWN : SBX_PLACE_V2;
	/* Ours holds us, and so gives nothing on, unless it is the root. */
	if (strlen(above) > strlen(m.point))
		*strrchr(above, '/') = '\0';
	SBX_CLEANUP_FREE char *giver = find_giver(above, m.point, out->missing, &found);
	if (giver)
		kind = SBX_PLACE_V2;
	/* Where no controller is given on, any group of ours still counts time and can be frozen.
	 */
	else if (!found && (!(out->missing & BUILT_IN) || !may_make_groups_in(own)))
		return 0;
	add_place(out, giver ? sbx_steal(giver) : sbx_steal(own), kind,
		  found | (out->missing & BUILT_IN));
	return 0;
}

int sbx_places_find(const char *mountinfo, const char *self_cgroup, const char *prefix,
		    unsigned wanted, struct sbx_places *out, struct sbx_error *err)
{
	*out = (struct sbx_places){.missing = wanted};
	for (const char *line = self_cgroup; *line;) {
		size_t n = strcspn(line, "\n");
		int failed = strncmp(line, "0::", 3) == 0
				     ? find_v2(mountinfo, prefix, line + 3, n - 3, out, err)
				     : find_v1(mountinfo, prefix, line, n, wanted, out, err);
		if (failed < 0) {
			sbx_places_release(out);
			return -1;
		}
		line += n + (line[n] == '\n');
	}
	return 0;
}

/* Nothing but version 2 there, all of it, and where everybody mounts it: mountinfo is long. */
static bool is_plain_v2(const char *self_cgroup)
{
	struct statfs fs;
	struct stat st;
	return strncmp(self_cgroup, "0::/", 4) == 0 && strchr(self_cgroup, '\n') &&
	       strchr(self_cgroup, '\n')[1] == '\0' && statfs(TREE, &fs) == 0 &&
	       fs.f_type == CGROUP2_SUPER_MAGIC && stat(TREE, &st) == 0 && st.st_ino == ROOT_INODE;
}

int sbx_places_find_own(unsigned wanted, struct sbx_places *out, struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *mounts = NULL;
	SBX_CLEANUP_FREE char *groups =
		sbx_read_file(AT_FDCWD, "/proc/self/cgroup", MAX_PROC_FILE, NULL, err);
	if (groups && !is_plain_v2(groups))
		mounts = sbx_read_file(AT_FDCWD, "/proc/self/mountinfo", MAX_PROC_FILE, NULL, err);
	else if (groups && !(mounts = strdup("0 0 0:0 / " TREE " rw - cgroup2 cgroup2 rw\n")))
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "cgroups");
	return mounts ? sbx_places_find(mounts, groups, "", wanted, out, err) : -1;
}
