/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/capabilities.h"

#include <stdlib.h>
#include <string.h>

#include "base/classes.h"

/* Conservative additions; each of these costs little where mounts and limits do their part. */
static const char every_task[] = "fs.write,time,signals,events";
static const char packages_module[] = "threads,users,proc.spawn";
static const char unknown_program[] =
	"proc.spawn,fs.write,threads,events,time,signals,ipc,users,net.unix";

static void add(uint64_t *classes, const char *list)
{
	uint64_t more = 0;
	if (sbx_classes_parse(list, &more, NULL) < 0)
		g_error("no class: %s", list); /* of the lists above: a test would find it */
	*classes |= more;
}

/* The run-time that a program is; FALSE: none that the table knows. */
static gboolean add_program(uint64_t *classes, const char *program)
{
	int class = sbx_class_of_program(program);
	if (class >= 0)
		*classes |= UINT64_C(1) << class;
	return class >= 0;
}

/* "sh -c 'gcc -o app app.c && ./app'": every word may be a program. */
static void add_command_line(uint64_t *classes, char *const *words)
{
	for (; words && *words; words++) {
		g_auto(GStrv) parts = g_strsplit_set(*words, " \t\n;&|()", -1);
		for (char **part = parts; *part; part++)
			if (**part)
				add_program(classes, *part);
	}
}

static void add_language(uint64_t *classes, const struct sbx_language *language)
{
	const char *const *command = language ? language->commands : NULL;
	for (; command && *command; command++)
		if (add_program(classes, *command))
			return;
}

static gboolean may_be_there(const struct sbx_need *need)
{
	return need->status == SBX_NEED_PACKAGE || need->status == SBX_NEED_BASE ||
	       need->status == SBX_NEED_STANDARD || need->status == SBX_NEED_UNKNOWN;
}

static void add_need(uint64_t *classes, const struct sbx_need *need)
{
	if (!may_be_there(need))
		return;
	if (need->kind == SBX_FACT_COMMAND) {
		add(classes, "proc.spawn");
		if (!add_program(classes, need->name))
			add(classes, unknown_program);
	} else if (need->status == SBX_NEED_PACKAGE || need->kind == SBX_FACT_LIBRARY) {
		add(classes, packages_module);
	}
}

/* Behaviours that are no classes of system calls (a processor's features) say nothing here. */
static void add_behaviour(uint64_t *classes, const struct sbx_behaviour *behaviour)
{
	int class = sbx_class_find(behaviour->class, strlen(behaviour->class));
	if (class >= 0)
		*classes |= UINT64_C(1) << class;
}

static uint64_t predict(const struct sbx_profile *profile, const struct sbx_facts *facts)
{
	uint64_t classes = 0;
	add(&classes, every_task);
	add_command_line(&classes, profile->run);
	add_language(&classes, facts->language);
	for (size_t i = 0; i < facts->n_sources; i++)
		add_language(&classes, facts->sources[i].language);
	for (guint i = 0; i < profile->needs->len; i++)
		add_need(&classes, profile->needs->pdata[i]);
	for (guint i = 0; i < profile->behaviours->len; i++)
		add_behaviour(&classes, profile->behaviours->pdata[i]);
	return sbx_classes_complete(classes);
}

void sbx_capabilities_predict(struct sbx_profile *profile, const struct sbx_facts *facts)
{
	uint64_t classes = predict(profile, facts);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (guint i = 0; i < SBX_N_CLASSES; i++)
		if (classes & UINT64_C(1) << i)
			g_ptr_array_add(names, g_strdup(sbx_classes[i].name));
	g_ptr_array_add(names, NULL);
	g_strfreev(profile->classes);
	profile->classes = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
	char **calls = sbx_classes_calls(classes, profile->architecture);
	g_strfreev(profile->syscalls);
	profile->syscalls = g_strdupv(calls); /* ours is freed string by string */
	free(calls);
}
