/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_BUILD_REPORT_DATA_H
#define SBX_BUILDER_BUILD_BUILD_REPORT_DATA_H

#include <stdio.h>

#include "builder/build/build_report.h"

/* What a report holds, shared by the files that fill and print it. */
struct sbx_report_package {
	char *name, *version;
	guint64 n_bytes, n_download_bytes;
	gint64 import_usec, compile_usec, script_usec;
};

struct sbx_report_script {
	char *package, *script, *arguments, *reason;
	enum sbx_script_fate fate;
	gint64 usec;
	guint64 n_bytes;
};

struct sbx_build_report {
	GMutex mutex;
	gint64 stage_usec[SBX_N_STAGES];
	GHashTable *packages; /* name -> struct sbx_report_package * */
	GPtrArray *scripts;   /* struct sbx_report_script *, in the order they ran */
	GPtrArray *lost;      /* char *: "usr/bin/su 4755 root:root" */
};

const char *sbx_report_stage_name(enum sbx_stage stage);
const char *sbx_report_fate_name(enum sbx_script_fate fate);
/* The packages, the largest first; free the array, not what it holds. */
GPtrArray *sbx_report_packages(const struct sbx_build_report *report);

char *sbx_report_to_text(const struct sbx_build_report *report,
			 const struct sbx_build_report_head *head);
char *sbx_report_to_json(const struct sbx_build_report *report,
			 const struct sbx_build_report_head *head);
char *sbx_report_to_html(const struct sbx_build_report *report,
			 const struct sbx_build_report_head *head);

/* Parts of the page. */
void sbx_report_add_escaped(GString *out, const char *text);
void sbx_report_add_treemap(GString *out, const GPtrArray *packages);

#endif
