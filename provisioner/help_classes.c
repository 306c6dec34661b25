/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/classes.h"
#include "base/fd.h"
#include "provisioner/options.h"

static void add_class(struct sbx_buffer *out, unsigned class, const char *architecture)
{
	const struct sbx_class *row = &sbx_classes[class];
	if (row->title)
		sbx_buffer_printf(out, "%s  %s\n   ", row->name, row->title);
	else
		sbx_buffer_printf(out, "%s  run-time%s%s\n   ", row->name,
				  *row->programs ? ": " : "", row->programs);
	SBX_CLEANUP_FREE char **calls =
		sbx_classes_calls(sbx_classes_complete(UINT64_C(1) << class), architecture);
	if (!calls)
		out->failed = true;
	for (char **call = calls; call && *call; call++)
		sbx_buffer_printf(out, " %s", *call);
	sbx_buffer_add_string(out, "\n");
}

void sbx_help_add_classes(struct sbx_buffer *out)
{
	struct utsname host;
	uname(&host);
	for (unsigned class = 0; class < SBX_N_CLASSES; class ++)
		add_class(out, class, host.machine);
}
