/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provisioner/container.h"

static bool sets(const struct sbx_options *o, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < o->n_env; i++)
		if (strncmp(o->env[i], name, n) == 0 && o->env[i][n] == '=')
			return true;
	return false;
}

/* Is it set again later on the command line? Then the later one counts. */
static bool is_replaced(const struct sbx_options *o, size_t index)
{
	size_t n = strcspn(o->env[index], "=") + 1;
	for (size_t i = index + 1; i < o->n_env; i++)
		if (strncmp(o->env[i], o->env[index], n) == 0)
			return true;
	return false;
}

char **sbx_container_env(const struct sbx_options *o, struct sbx_error *err)
{
	const char *term = getenv("TERM");
	static char term_buffer[80];
	snprintf(term_buffer, sizeof(term_buffer), "TERM=%s", term && *term ? term : "dumb");
	const struct {
		const char *name, *value;
	} defaults[] = {
		{"PATH", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		{"HOME", o->uid == 0 ? "HOME=/root" : "HOME=/tmp"},
		{"LANG", "LANG=C.UTF-8"},
		{"TERM", term_buffer},
	};
	const size_t n_defaults = sizeof(defaults) / sizeof(defaults[0]);
	char **env = calloc(n_defaults + o->n_env + 1, sizeof(*env));
	if (!env) {
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "environment");
		return NULL;
	}
	size_t n = 0;
	for (size_t i = 0; i < n_defaults; i++)
		if (!sets(o, defaults[i].name))
			env[n++] = (char *)defaults[i].value;
	for (size_t i = 0; i < o->n_env; i++)
		if (!is_replaced(o, i))
			env[n++] = (char *)o->env[i];
	return env;
}
