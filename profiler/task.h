/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_TASK_H
#define SBX_PROFILER_TASK_H

#include "profiler/extract.h"
#include "profiler/source.h"

/* Private to profiler/: a task's files. Paths are relative to the task's folder. */

#define N_MAX_SOURCE_BYTES ((size_t)16 << 20)
#define N_MAX_TASK_BYTES   ((size_t)256 << 20) /* of all sources together */
#define N_MAX_SOURCES	   10000
#define N_MAX_ENTRIES	   200000 /* of all folders that are looked through */

struct sbx_file {
	const char *path;
	char *data;			     /* as on disk, UTF-16 as UTF-8; NULL: not read */
	size_t n_bytes;			     /* on disk */
	const struct sbx_language *language; /* NULL: no source */
	const char *root;		     /* folder where its modules are looked for first */
	bool is_called;			     /* by another file of the task */
	bool is_queued;			     /* to be parsed, or parsed already */
	struct sbx_file *next;		     /* in task->files */
};

struct sbx_task {
	struct sbx_facts *facts;
	struct sbx_arena arena;
	int dfd; /* the task's folder */
	bool is_folder;
	const char *entry;
	struct sbx_map by_path; /* -> struct sbx_file * */
	struct sbx_map on_disk; /* -> enum sbx_on_disk, of paths that were asked for */
	struct sbx_file *files; /* all that were looked at */
	size_t n_loaded_bytes, n_entries;
	struct sbx_file **queue;
	size_t n_queue, queue_room;
	const char **searches;
	size_t n_searches, searches_room;
	struct sbx_map defines;	       /* commands that a source defines */
	const struct sbx_file *reader; /* whose facts are looked at */
};

/* Open the task, find its entry and queue it. */
int sbx_task_open(struct sbx_task *task, struct sbx_facts *facts, const char *path,
		  struct sbx_error *err);
void sbx_task_release(struct sbx_task *task);

/*
 * A file of the task, looked at once; NULL when it is no regular file below the folder, is
 * unreadable or empty, or memory is out (task->arena.failed). Only sources have data, and not
 * those that are too large.
 */
struct sbx_file *sbx_task_file(struct sbx_task *task, const char *path);

enum sbx_on_disk { SBX_ON_DISK_NOTHING, SBX_ON_DISK_FOLDER, SBX_ON_DISK_OTHER };

/*
 * What has that path below the folder, links not followed; looked at once, as a thousand sources
 * ask for the same few modules. `path` must live as long as the task (its arena).
 */
enum sbx_on_disk sbx_task_on_disk(struct sbx_task *task, const char *path);

/* Take a file as source of that language, whatever it looks like; no data when it is binary. */
void sbx_task_read_as(struct sbx_task *task, struct sbx_file *file,
		      const struct sbx_language *language);

/* What was read as UTF-16 is UTF-8 from here on, for all who look at the file's bytes. */
void sbx_task_decode(struct sbx_task *task, struct sbx_file *file);

/* From now on sbx_task_file() gives this one for its path. */
void sbx_task_add_file(struct sbx_task *task, struct sbx_file *file);

/* Parse it later; `root` as in struct sbx_file. */
int sbx_task_queue(struct sbx_task *task, struct sbx_file *file, const char *root,
		   struct sbx_error *err);

/*
 * entry.c: the program among a folder's sources (those in src/ when it has none itself): the only
 * one; by its name; the only one that says how it is run, by a run line or a shebang; the only one
 * with the start of a program. NULL when that does not tell.
 */
const char *sbx_task_choose_entry(struct sbx_task *task);

/* A source that is not merely included, and does not start a program of its own. */
bool sbx_file_is_part(const struct sbx_file *file);

/* Queue every source below the task's folder. */
int sbx_task_walk(struct sbx_task *task, struct sbx_error *err);

/* The name of each entry of a folder, without "." and ".."; in the arena, sorted, NULL-ended. */
struct sbx_entry {
	const char *name; /* NULL: the end */
	bool is_folder;
};
struct sbx_entry *sbx_task_list(struct sbx_task *task, const char *folder);

/* a/b + ../c = a/c; NULL when it leads out of the task's folder. In the arena. */
char *sbx_task_join(struct sbx_task *task, const char *folder, const char *path);
/* "a/b" of "a/b/c"; "" at the top. */
char *sbx_task_folder_of(struct sbx_task *task, const char *path);

/* local.c */
/* Does the task itself bring this module? Its files are queued. -1: failed */
int sbx_task_takes_module(struct sbx_task *task, const struct sbx_file *from,
			  const struct sbx_raw_fact *fact, struct sbx_error *err);
/* The same of a header, whose file is read as the language of who includes it. */
int sbx_task_takes_header(struct sbx_task *task, const struct sbx_file *from,
			  const struct sbx_raw_fact *fact, struct sbx_error *err);
int sbx_task_take_script(struct sbx_task *task, const struct sbx_file *from,
			 const struct sbx_script *script, struct sbx_error *err);
bool sbx_task_has_path(struct sbx_task *task, const struct sbx_file *from, const char *path);
int sbx_task_take_search(struct sbx_task *task, const struct sbx_file *from, const char *path,
			 struct sbx_error *err);

/* identify.c: content_id; with `list`, facts->sources gets the files that it covers. */
int sbx_task_identify(struct sbx_task *task, bool list, struct sbx_error *err);

/* interpreter.c: facts->interpreter and its options, and the fact that it is needed. */
int sbx_facts_take_interpreter(struct sbx_facts *facts, const char *file, const char *text,
			       size_t n, struct sbx_error *err);

/*
 * read.c: what was found in a queued source becomes facts, and queues the files that it leads to.
 * Only an entry that could not be read at all fails. A task without folder (dfd -1) has no files.
 */
int sbx_task_take_source(struct sbx_task *task, struct sbx_facts *facts,
			 const struct sbx_file *file, const struct sbx_extraction *x,
			 struct sbx_error *err);

/* facts.c */
int sbx_facts_add(struct sbx_facts *facts, const struct sbx_raw_fact *raw, const char *file,
		  struct sbx_error *err);
int sbx_facts_add_source(struct sbx_facts *facts, const struct sbx_file *file,
			 enum sbx_problem problem, struct sbx_error *err);

void sbx_fact_release(struct sbx_fact *fact);

/* evidence.c: grade down what files say that nothing calls, or that are for developers. */
void sbx_task_weigh_evidence(struct sbx_task *task, struct sbx_facts *facts);

#endif
