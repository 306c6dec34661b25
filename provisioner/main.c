/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "provisioner/print.h"
#include "provisioner/run.h"
#include "provisioner/serve.h"

static int print(void (*add)(struct sbx_buffer *))
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	add(&text);
	return sbx_print(&text);
}

static void add_version(struct sbx_buffer *out)
{
	sbx_buffer_add_string(out, "sbx-provision " SBX_VERSION "\n");
}

static int verb_help(int argc, char **argv)
{
	return print(sbx_help_add_usage);
}

static int verb_man(int argc, char **argv)
{
	return print(sbx_help_add_man_page);
}

static int verb_completion(int argc, char **argv)
{
	return print(sbx_help_add_completion);
}

static int verb_classes(int argc, char **argv)
{
	return print(sbx_help_add_classes);
}

static int verb_version(int argc, char **argv)
{
	return print(add_version);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"run", sbx_verb_run},	     {"help", verb_help},	  {"--help", verb_help},
	{"-h", verb_help},	     {"--man", verb_man},	  {"--completion", verb_completion},
	{"serve", sbx_verb_serve},   {"ctl", sbx_verb_ctl},	  {"policy", sbx_verb_policy},
	{"--version", verb_version}, {"--classes", verb_classes},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "sbx-provision: %s: no such verb; see sbx-provision --help\n",
			argv[1]);
	else
		fprintf(stderr, "sbx-provision: what to do is missing; see sbx-provision --help\n");
	return sbx_code_exit_status(SBX_E_USAGE);
}
