/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/sha256.h"
#include "profiler/task.h"

/*
 * A task's content id, without parsing. For a program of one file it covers the file and those
 * beside it whose name it mentions, then those that these mention, and so on: a file that it can
 * import or run by a literal name is always among them, and a busy folder costs only its listing.
 * What is mentioned but is no source counts with its name, for its being there changes the facts.
 */

struct cover {
	struct sbx_task *task;
	struct sbx_map words;	/* of the first n_read of the paths */
	struct sbx_map covered; /* paths */
	const char **folders;
	size_t n_folders, folders_room;
	const char **paths;
	size_t n_paths, paths_room, n_read;
	bool grew;
};

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

static void add_words(struct cover *cover, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t start = i;
		while (i < n && is_word_byte(text[i]))
			i++;
		if (i > start && i - start <= 255) {
			char word[256];
			memcpy(word, text + start, i - start);
			word[i - start] = '\0';
			if (!sbx_map_get(&cover->words, word))
				sbx_map_add(&cover->words,
					    sbx_arena_string(&cover->task->arena, word, i - start),
					    "");
		}
		i += i == start;
	}
}

/* Most programs stand alone: nobody asks what they mention. */
static void read_words(struct cover *cover)
{
	for (; cover->n_read < cover->n_paths; cover->n_read++) {
		const struct sbx_file *file =
			sbx_task_file(cover->task, cover->paths[cover->n_read]);
		if (file && file->data)
			add_words(cover, file->data, file->n_bytes);
	}
}

/* Is it mentioned by the part before its first dot? Names like __init__ never are. */
static bool is_mentioned(struct cover *cover, const char *name)
{
	read_words(cover);
	char word[256];
	size_t n = 0;
	while (is_word_byte(name[n]) && n < sizeof(word) - 1)
		n++;
	memcpy(word, name, n);
	word[n] = '\0';
	return n == 0 || !strncmp(name, "__", 2) || sbx_map_get(&cover->words, word);
}

static void cover_file(struct cover *cover, const char *path)
{
	const char **slot =
		sbx_grow(&cover->paths, &cover->n_paths, &cover->paths_room, sizeof(*slot));
	if (!slot) {
		cover->task->arena.failed = true;
		return;
	}
	*slot = path;
	sbx_map_add(&cover->covered, path, "");
	cover->grew = true;
}

static void cover_folder(struct cover *cover, const char *folder)
{
	for (struct sbx_entry *e = sbx_task_list(cover->task, folder); e && e->name; e++) {
		char *path = *e->name == '.' ? NULL : sbx_task_join(cover->task, folder, e->name);
		if (!path || sbx_map_get(&cover->covered, path) || !is_mentioned(cover, e->name))
			continue;
		if (!e->is_folder) {
			cover_file(cover, path);
			continue;
		}
		const char **slot = sbx_grow(&cover->folders, &cover->n_folders,
					     &cover->folders_room, sizeof(*slot));
		if (!slot)
			return;
		*slot = path;
		sbx_map_add(&cover->covered, path, "");
		cover->grew = true;
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_number(struct sbx_sha256 *sha, size_t n)
{
	uint64_t value = n;
	sbx_sha256_update(sha, &value, sizeof(value));
}

static void add_path(struct sbx_sha256 *sha, const char *path, const struct sbx_file *file)
{
	sbx_sha256_update(sha, path, strlen(path) + 1);
	/* A file that is too large to be read counts with its size. */
	add_number(sha, file && file->language ? file->n_bytes : 0);
	if (file && file->data && file->language)
		sbx_sha256_update(sha, file->data, file->n_bytes);
}

static int hash(struct cover *cover, bool list, struct sbx_error *err)
{
	struct sbx_task *task = cover->task;
	if (task->arena.failed || cover->words.failed || cover->covered.failed)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	if (cover->n_paths)
		qsort(cover->paths, cover->n_paths, sizeof(*cover->paths), by_text);
	struct sbx_sha256 sha;
	sbx_sha256_init(&sha);
	sbx_sha256_update(&sha, sbx_grammars_version, strlen(sbx_grammars_version) + 1);
	sbx_sha256_update(&sha, task->entry, strlen(task->entry) + 1);
	add_number(&sha, task->is_folder);
	for (size_t i = 0; i < cover->n_paths; i++) {
		struct sbx_file *file = sbx_task_file(task, cover->paths[i]);
		add_path(&sha, cover->paths[i], file);
		if (list && file && file->language &&
		    sbx_facts_add_source(task->facts, file, SBX_PROBLEM_NONE, err) < 0)
			return -1;
	}
	uint8_t digest[SBX_SHA256_BYTES];
	sbx_sha256_finish(&sha, digest);
	sbx_sha256_hex(digest, task->facts->content_id);
	return 0;
}

int sbx_task_identify(struct sbx_task *task, bool list, struct sbx_error *err)
{
	struct cover cover = {.task = task};
	if (task->is_folder) {
		/* The walk has queued them all. */
		for (size_t i = 0; i < task->n_queue; i++) {
			const char **slot = sbx_grow(&cover.paths, &cover.n_paths,
						     &cover.paths_room, sizeof(*slot));
			if (slot)
				*slot = task->queue[i]->path;
			else
				task->arena.failed = true;
		}
	} else {
		const char **slot = sbx_grow(&cover.folders, &cover.n_folders, &cover.folders_room,
					     sizeof(*slot));
		if (slot)
			*slot = "";
		cover_file(&cover, task->entry);
		/* Until no text mentions anything new. */
		while (cover.grew && !task->arena.failed) {
			cover.grew = false;
			for (size_t i = 0; i < cover.n_folders; i++)
				cover_folder(&cover, cover.folders[i]);
		}
	}
	int result = hash(&cover, list, err);
	sbx_map_release(&cover.words);
	sbx_map_release(&cover.covered);
	free(cover.folders);
	free(cover.paths);
	return result;
}
