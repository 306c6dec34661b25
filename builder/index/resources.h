/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_RESOURCES_H
#define SBX_BUILDER_INDEX_RESOURCES_H

#include <glib.h>

#include "base/json.h"
#include "builder/index/fields.h"

struct sbx_profile;
struct sbx_providers;

/* What a task takes of the machine: X(id, name in JSON, unit, for people). */
#define SBX_RESOURCE_TABLE(X)                                                                      \
	X(CPU, "cpu", "cores", "CPU")                                                              \
	X(MEMORY, "memory", "bytes", "Memory")                                                     \
	X(DISK, "disk", "bytes", "Disk")                                                           \
	X(GPU_MEMORY, "gpu_memory", "bytes", "GPU memory")                                         \
	X(TIME, "time", "seconds", "Time")
enum sbx_resource {
#define X(id, name, unit, title) SBX_RESOURCE_##id,
	SBX_RESOURCE_TABLE(X)
#undef X
		SBX_N_RESOURCES
};

/* Where an interval comes from; a later one is the better witness. */
#define SBX_BASIS_TABLE(X)                                                                         \
	X(DEFAULT, "default") /* nothing is known */                                               \
	X(PACKAGES,                                                                                \
	  "packages")	      /* their installed sizes, and what importing them was measured at */ \
	X(HISTORY, "history") /* this task's runs */
enum sbx_basis {
#define X(id, name) SBX_BASIS_##id,
	SBX_BASIS_TABLE(X)
#undef X
		SBX_N_BASES
};

/* Between these it is expected to stay, in the resource's unit: 0 <= low <= high. */
struct sbx_interval {
	double low, high;
	enum sbx_basis basis;
};

struct sbx_resources {
	struct sbx_interval of[SBX_N_RESOURCES];
};

/* What importing a module costs, beside the interpreter that imports nothing. */
struct sbx_import_cost {
	guint64 peak_bytes, bare_peak_bytes;
	gint64 wall_usec, bare_wall_usec;
};

/* What a run took. */
struct sbx_run_cost {
	guint64 peak_bytes; /* 0: not known */
	gint64 wall_usec, cpu_usec;
	gboolean ended; /* by itself, not for a limit: what it took was enough */
};

/* Intervals for a task of which only the kind is known. */
void sbx_resources_default(struct sbx_resources *resources, gboolean has_threads, gboolean has_gpu);
/* Disk: the packages and what they depend on take `installed_bytes`. */
void sbx_resources_add_size(struct sbx_resources *resources, guint64 installed_bytes);
/*
 * Memory and time from imports (struct sbx_import_cost). Modules share what they import, so the
 * dearest alone is the low end, all one after the other the high end; what the task does itself is
 * the default's share of it. Nothing changes without costs.
 */
void sbx_resources_add_imports(struct sbx_resources *resources, const GArray *costs);
/*
 * CPU, memory and time from runs (struct sbx_run_cost): what was seen, and above it a margin that
 * shrinks as runs add up. A run that a limit ended took at least as much. Nothing changes without
 * runs.
 */
void sbx_resources_add_history(struct sbx_resources *resources, const GArray *runs);

/* What the index alone tells: default intervals, and the disk by installed sizes. */
gboolean sbx_resources_predict(struct sbx_profile *profile, struct sbx_providers *providers,
			       GError **error);

/* In JSON: an object of objects {low, high, unit, basis}. */
void sbx_resources_write(const struct sbx_resources *resources, const char *key,
			 struct sbx_json *w);
gboolean sbx_resources_read(struct sbx_resources *resources, const struct sbx_json_value *profile,
			    const char *field, const struct sbx_place *at, GError **error);
/* For people, a line each: "    Memory      64 MB to 1.2 GB (packages)". */
void sbx_resources_add_text(const struct sbx_resources *resources, GString *out);

#endif
