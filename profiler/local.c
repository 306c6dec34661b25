/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "profiler/task.h"

/* What the task brings itself: modules beside it, scripts that it runs or reads. */

#define N_MAX_PARTS	32    /* of a module's name */
#define N_MAX_OWN_BYTES 16384 /* of a file that says what the task's own modules are called */

/* Replace {path} in a local path template. */
static char *expand(struct sbx_task *task, const char *folder, const char *template,
		    const char *path)
{
	const char *mark = strstr(template, "{path}");
	size_t n_before = mark ? (size_t)(mark - template) : 0;
	const char *after = mark ? mark + strlen("{path}") : template;
	char *s = sbx_arena_alloc(&task->arena, strlen(template) + strlen(path) + 1);
	if (!s)
		return NULL;
	memcpy(s, template, n_before);
	strcpy(s + n_before, mark ? path : "");
	strcat(s, after);
	return sbx_task_join(task, folder, s);
}

/* Queue the files that a module's path means. 1: there is one, 0: none, -1: failed. */
static int queue_path(struct sbx_task *task, const struct sbx_rules *rules, const char *folder,
		      const char *path, const char *root, struct sbx_error *err)
{
	int found = 0;
	for (const char *const *t = rules->local_paths; t && *t; t++) {
		char *file_path = expand(task, folder, *t, path);
		struct sbx_file *file = file_path ? sbx_task_file(task, file_path) : NULL;
		/* An empty file counts: packages are marked by them. */
		bool is_there = file || (file_path && sbx_task_on_disk(task, file_path));
		/* A program of a module's name does not hide the module that it asks for. */
		if (!is_there || (rules->language.whole_modules && file == task->reader))
			continue;
		found = 1;
		if (file && file->language && sbx_task_queue(task, file, root, err) < 0)
			return -1;
	}
	return found;
}

/* A folder without a file that makes it a package, but with sources in it. */
static bool is_plain_package(struct sbx_task *task, const struct sbx_rules *rules,
			     const char *folder, const char *path)
{
	char *full = sbx_task_join(task, folder, path);
	if (!full || sbx_task_on_disk(task, full) != SBX_ON_DISK_FOLDER)
		return false;
	for (struct sbx_entry *e = sbx_task_list(task, full); e && e->name; e++) {
		const char *dot = strrchr(e->name, '.');
		if (!e->is_folder && dot && sbx_list_has(rules->language.extensions, dot + 1))
			return true;
	}
	return false;
}

/* a.b.c as a/b/c, cut after each part: "a", "a/b", "a/b/c". Returns how many, 0: too many. */
static size_t split_name(struct sbx_task *task, const char *name, char separator,
			 const char *paths[N_MAX_PARTS])
{
	size_t n = 0;
	for (const char *p = name; *p;) {
		size_t n_part = 0;
		while (p[n_part] && p[n_part] != separator)
			n_part++;
		p += n_part;
		if (n == N_MAX_PARTS - 1)
			return 0;
		char *path = sbx_arena_string(&task->arena, name, (size_t)(p - name));
		for (char *c = path; c && *c; c++)
			if (*c == separator)
				*c = '/';
		if (!path)
			return 0;
		paths[n++] = path;
		while (*p == separator && separator)
			p++;
	}
	return n;
}

/* Queue every part of the name below the folder. 1: its first part is there. */
static int queue_parts(struct sbx_task *task, const struct sbx_raw_fact *fact, const char *folder,
		       const char *const *paths, size_t n, const char *root, struct sbx_error *err)
{
	const struct sbx_rules *rules = sbx_rules_of(fact->language);
	int is_local = 0;
	if (rules->language.whole_modules)
		return n ? queue_path(task, rules, folder, paths[n - 1], root, err) : 0;
	for (size_t i = 0; i < n; i++) {
		int found = queue_path(task, rules, folder, paths[i], root, err);
		if (found < 0)
			return -1;
		if (i == 0)
			is_local = found || is_plain_package(task, rules, folder, paths[0]);
		if (!is_local)
			return 0;
	}
	if (!fact->member)
		return is_local;
	char *member = n ? sbx_task_join(task, paths[n - 1], fact->member)
			 : sbx_task_join(task, "", fact->member);
	if (member && queue_path(task, rules, folder, member, root, err) < 0)
		return -1;
	return is_local;
}

/* ./lib/x: a path beside the file, whatever the separator is */
static int take_path(struct sbx_task *task, const struct sbx_file *from,
		     const struct sbx_raw_fact *fact, struct sbx_error *err)
{
	char *path = sbx_task_join(task, sbx_task_folder_of(task, from->path), fact->name);
	const struct sbx_rules *rules = sbx_rules_of(fact->language);
	return path && queue_path(task, rules, "", path, from->root, err) < 0 ? -1 : 1;
}

/* Has the task brought it along, in a folder for such modules here or further up? */
static bool is_bundled(struct sbx_task *task, const struct sbx_file *from,
		       const struct sbx_rules *rules, const char *name)
{
	char *folder = sbx_task_folder_of(task, from->path);
	for (int depth = 0; folder && depth < N_MAX_PARTS; depth++) {
		for (const char *const *t = rules->bundled_paths; t && *t; t++) {
			bool is_mark = !strstr(*t, "{path}");
			char *path = is_mark && !strchr(name, '/') ? NULL
								   : expand(task, folder, *t, name);
			SBX_CLEANUP_FD int fd =
				path ? sbx_open_in_root(task->dfd, path, O_PATH, 0, NULL) : -1;
			if (fd >= 0)
				return true;
		}
		if (!*folder)
			return false;
		folder = sbx_task_folder_of(task, folder);
	}
	return false;
}

/* from ..a import b: each separator but the first is a folder up. */
static int take_relative(struct sbx_task *task, const struct sbx_file *from,
			 const struct sbx_raw_fact *fact, char separator, struct sbx_error *err)
{
	const char *name = fact->name;
	char *folder = sbx_task_folder_of(task, from->path);
	for (name++; folder && *name == separator; name++)
		folder = sbx_task_join(task, folder, "..");
	const char *paths[N_MAX_PARTS];
	size_t n = split_name(task, name, separator, paths);
	int found = folder ? queue_parts(task, fact, folder, paths, n, from->root, err) : 0;
	/* "../x" from the file itself rather than from its folder */
	if (found == 0 && folder && !strncmp(name, "../", 3)) {
		n = split_name(task, name + 3, separator, paths);
		found = queue_parts(task, fact, folder, paths, n, from->root, err);
	}
	return found < 0 ? -1 : 1;
}

/* `module example.com/app` in go.mod: what is below that name is the task's own. */
static bool is_own(struct sbx_task *task, const struct sbx_rules *rules, const char *name)
{
	size_t n_file = strcspn(rules->own, "="), n_word;
	char *path = sbx_arena_string(&task->arena, rules->own, n_file);
	if (!n_file || !path || !rules->own[n_file])
		return false;
	const char *word = rules->own + n_file + 1;
	SBX_CLEANUP_FD int fd = sbx_open_in_root(task->dfd, path, O_RDONLY | O_NOCTTY, 0, NULL);
	char text[N_MAX_OWN_BYTES + 1];
	ssize_t n_text = fd < 0 ? 0 : read(fd, text, N_MAX_OWN_BYTES);
	text[n_text > 0 ? n_text : 0] = '\0';
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		n_word = strlen(word);
		if (strncmp(line, word, n_word) != 0 || !strchr(" \t=", line[n_word]))
			continue;
		const char *own = line + n_word + strspn(line + n_word, " \t=\"\'");
		size_t n = strcspn(own, " \t\r\n\"\'"), i = 0;
		/* A package's dashes are underscores in its module's name. */
		while (i < n && (own[i] == name[i] || (own[i] == '-' && name[i] == '_')))
			i++;
		if (n && i == n && (!name[n] || name[n] == rules->language.separator))
			return true;
	}
	return false;
}

int sbx_task_takes_module(struct sbx_task *task, const struct sbx_file *from,
			  const struct sbx_raw_fact *fact, struct sbx_error *err)
{
	const struct sbx_language *language = fact->language;
	const struct sbx_rules *rules = sbx_rules_of(language);
	task->reader = from;
	if (!*fact->name || sbx_language_has_builtin(language, fact->name))
		return 0;
	if (sbx_rules_is_relative(rules, fact->name))
		return rules->relative && *rules->relative
			       ? take_path(task, from, fact, err)
			       : take_relative(task, from, fact, language->separator, err);
	if (is_own(task, rules, fact->name))
		return 1;
	const char *paths[N_MAX_PARTS];
	size_t n = split_name(task, fact->name, language->separator, paths);
	/* As an interpreter does: the program's own folder first, then what it added. */
	/* A module is bundled as a whole. */
	for (size_t i = n; *rules->bundled_paths && i > 0; i--)
		if (is_bundled(task, from, rules, paths[i - 1]))
			return 1;
	/* Bare names are never files beside it where relative ones have a form of their own. */
	if (rules->relative && *rules->relative)
		return 0;
	int found = n ? queue_parts(task, fact, from->root, paths, n, from->root, err) : 0;
	if (found == 0 && n && task->is_folder && *from->root)
		found = queue_parts(task, fact, "", paths, n, "", err);
	for (size_t i = 0; found == 0 && n && i < task->n_searches; i++)
		found = queue_parts(task, fact, task->searches[i], paths, n, task->searches[i],
				    err);
	return found;
}

/* Is "x/y.h" the end of "include/x/y.h"? */
static bool ends_with(const char *path, const char *name)
{
	size_t n = strlen(path), n_name = strlen(name);
	return n > n_name && path[n - n_name - 1] == '/' && !strcmp(path + n - n_name, name);
}

/*
 * Beside who includes it, at the top, in a folder that was named (-I), or, since what builds the
 * task may name any, anywhere in the task's folder.
 */
static struct sbx_file *find_header(struct sbx_task *task, const struct sbx_file *from,
				    const char *name)
{
	const char *const bases[] = {sbx_task_folder_of(task, from->path), ""};
	for (size_t i = 0; i < 2 + task->n_searches; i++) {
		const char *base = i < 2 ? bases[i] : task->searches[i - 2];
		char *path = base ? sbx_task_join(task, base, name) : NULL;
		struct sbx_file *file = path && *path ? sbx_task_file(task, path) : NULL;
		if (file)
			return file;
	}
	for (struct sbx_file *file = task->is_folder ? task->files : NULL; file; file = file->next)
		if (file->n_bytes && ends_with(file->path, name))
			return file;
	return NULL;
}

int sbx_task_takes_header(struct sbx_task *task, const struct sbx_file *from,
			  const struct sbx_raw_fact *fact, struct sbx_error *err)
{
	struct sbx_file *file = *fact->name ? find_header(task, from, fact->name) : NULL;
	if (!file)
		return 0;
	if (!file->is_queued)
		sbx_task_read_as(task, file, fact->language);
	return file->data && sbx_task_queue(task, file, from->root, err) < 0 ? -1 : 1;
}

/* A path in a program is relative to where it runs, the task's folder, or is meant beside it. */
static struct sbx_file *find_script(struct sbx_task *task, const struct sbx_file *from,
				    const char *path)
{
	char *top = sbx_task_join(task, "", path);
	struct sbx_file *file = top && *top ? sbx_task_file(task, top) : NULL;
	if (file)
		return file;
	char *beside = sbx_task_join(task, sbx_task_folder_of(task, from->path), path);
	return beside && *beside ? sbx_task_file(task, beside) : NULL;
}

bool sbx_task_has_path(struct sbx_task *task, const struct sbx_file *from, const char *path)
{
	return find_script(task, from, path) != NULL;
}

int sbx_task_take_script(struct sbx_task *task, const struct sbx_file *from,
			 const struct sbx_script *script, struct sbx_error *err)
{
	struct sbx_file *file = find_script(task, from, script->path);
	if (file && !file->language && script->language)
		sbx_task_read_as(task, file, script->language);
	if (file)
		file->is_called = true;
	if (!file || !file->language || !file->data)
		return 0;
	return sbx_task_queue(task, file, sbx_task_folder_of(task, file->path), err);
}

int sbx_task_take_search(struct sbx_task *task, const struct sbx_file *from, const char *path,
			 struct sbx_error *err)
{
	const char *own = sbx_task_folder_of(task, from->path);
	const char *const bases[] = {own ? own : "", "", own ? own : ""};
	for (size_t i = 0; i < 3 && task->n_searches < 64; i++) {
		/* At last: "../lib" may be meant from the file itself rather than its folder. */
		bool from_file = i == 2 && !strncmp(path, "../", 3);
		char *folder = sbx_task_join(task, bases[i], path + 3 * from_file);
		struct stat st;
		SBX_CLEANUP_FD int fd =
			folder && *folder
				? sbx_open_in_root(task->dfd, folder, O_PATH | O_DIRECTORY, 0, NULL)
				: -1;
		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
			continue;
		const char **slot = sbx_grow(&task->searches, &task->n_searches,
					     &task->searches_room, sizeof(*slot));
		if (!slot)
			return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
		*slot = folder;
		break;
	}
	return 0;
}
