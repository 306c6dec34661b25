/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_BUILD_REPORT_H
#define SBX_BUILDER_BUILD_BUILD_REPORT_H

#include "builder/build/trace.h"

/*
 * Where a build's time and bytes went: stages, packages, scripts. All functions may be called from
 * any thread and with report == NULL (they do nothing then). Times are microseconds of wall clock;
 * stages that several threads share are the sum over the threads.
 */
struct sbx_build_report;

enum sbx_stage {
	SBX_STAGE_DOWNLOAD,
	SBX_STAGE_INFLATE, /* reading .debs: decompression and parsing, over all threads */
	SBX_STAGE_STORE,   /* hashing and writing objects, over all threads */
	SBX_STAGE_COMPOSE,
	SBX_STAGE_SCRIPTS,
	SBX_STAGE_COMPILE,
	SBX_STAGE_COMMIT,
	SBX_STAGE_CHECKOUT,
	SBX_N_STAGES
};

struct sbx_build_report *sbx_build_report_new(void);
void sbx_build_report_free(struct sbx_build_report *report);
SBX_DEFINE_AUTO(sbx_build_report, sbx_build_report_free)

void sbx_build_report_stage(struct sbx_build_report *report, enum sbx_stage stage, gint64 usec);

/* A package was imported, in so long a time (both parts of it). */
void sbx_build_report_import(struct sbx_build_report *report, const char *package,
			     gint64 inflate_usec, gint64 store_usec);
/* A package's modules were compiled. */
void sbx_build_report_compile(struct sbx_build_report *report, const char *package, gint64 usec);

enum sbx_script_fate { SBX_SCRIPT_RAN, SBX_SCRIPT_REPLAYED, SBX_SCRIPT_NATIVE, SBX_SCRIPT_SKIPPED };
/* n_bytes: of what the script changed. usec of one that was replayed: what running it took once. */
void sbx_build_report_script(struct sbx_build_report *report, const struct sbx_step *step,
			     enum sbx_script_fate fate, gint64 usec, guint64 n_bytes,
			     const char *reason);

/* The packages of the template; of a rootless one also what its store cannot keep of their files.
 */
void sbx_build_report_units(struct sbx_build_report *report, const GPtrArray *units,
			    gboolean rootless);

struct sbx_build_report_head {
	const char *id, *suite, *architecture;
	gint64 total_usec;
	gboolean was_there, rootless;
};

/* Write it: as JSON for a name that ends with .json, a page for .html, else text; "-" is stderr. */
gboolean sbx_build_report_save(const struct sbx_build_report *report,
			       const struct sbx_build_report_head *head, const char *path,
			       GError **error);

#endif
