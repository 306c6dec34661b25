/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/resources.h"

#include <string.h>

#include "builder/index/profile.h"

#define MIB (1024.0 * 1024)
#define GIB (1024 * MIB)

/* The defaults, for a script of which nothing is known: an interpreter's start to a good deal. */
#define CPU_LOW	     0.05
#define CPU_HIGH     1.0
#define CPU_THREADS  4.0
#define MEMORY_LOW   (4 * MIB)
#define MEMORY_HIGH  (512 * MIB)
#define DISK_LOW     (64 * MIB)
#define DISK_WRITTEN (1 * GIB) /* what a task may leave: `run` lets it */
#define GPU_LOW	     (256 * MIB)
#define GPU_HIGH     (8 * GIB)
#define TIME_LOW     0.01
#define TIME_HIGH    60.0
/* Above what runs were seen to take: half as much again, twice as much for one alone. */
#define HISTORY_MARGIN 0.5

#define SECONDS(usec) ((double)(usec) / 1e6)

static void set(struct sbx_resources *r, enum sbx_resource which, double low, double high,
		enum sbx_basis basis)
{
	r->of[which] = (struct sbx_interval){low, MAX(low, high), basis};
}

void sbx_resources_default(struct sbx_resources *r, gboolean has_threads, gboolean has_gpu)
{
	set(r, SBX_RESOURCE_CPU, CPU_LOW, has_threads ? CPU_THREADS : CPU_HIGH, SBX_BASIS_DEFAULT);
	set(r, SBX_RESOURCE_MEMORY, MEMORY_LOW, MEMORY_HIGH, SBX_BASIS_DEFAULT);
	set(r, SBX_RESOURCE_DISK, DISK_LOW, DISK_LOW + DISK_WRITTEN, SBX_BASIS_DEFAULT);
	set(r, SBX_RESOURCE_GPU_MEMORY, has_gpu ? GPU_LOW : 0, has_gpu ? GPU_HIGH : 0,
	    SBX_BASIS_DEFAULT);
	set(r, SBX_RESOURCE_TIME, TIME_LOW, TIME_HIGH, SBX_BASIS_DEFAULT);
}

void sbx_resources_add_size(struct sbx_resources *r, guint64 installed_bytes)
{
	if (installed_bytes)
		set(r, SBX_RESOURCE_DISK, (double)installed_bytes,
		    (double)installed_bytes + DISK_WRITTEN, SBX_BASIS_PACKAGES);
}

void sbx_resources_add_imports(struct sbx_resources *r, const GArray *costs)
{
	double peak = 0, all_peaks = 0, bare_peak = 0, wall = 0, all_walls = 0, bare_wall = 0;
	for (guint i = 0; i < costs->len; i++) {
		const struct sbx_import_cost *c = &g_array_index(costs, struct sbx_import_cost, i);
		peak = MAX(peak, (double)c->peak_bytes);
		bare_peak = MAX(bare_peak, (double)c->bare_peak_bytes);
		all_peaks += MAX(0, (double)c->peak_bytes - (double)c->bare_peak_bytes);
		wall = MAX(wall, SECONDS(c->wall_usec));
		bare_wall = MAX(bare_wall, SECONDS(c->bare_wall_usec));
		all_walls += MAX(0, SECONDS(c->wall_usec - c->bare_wall_usec));
	}
	if (costs->len == 0)
		return;
	set(r, SBX_RESOURCE_MEMORY, peak, MAX(peak, bare_peak + all_peaks) + MEMORY_HIGH,
	    SBX_BASIS_PACKAGES);
	set(r, SBX_RESOURCE_TIME, wall, MAX(wall, bare_wall + all_walls) + TIME_HIGH,
	    SBX_BASIS_PACKAGES);
}

/* The smallest and largest of some values that are above 0. */
struct range {
	double low, high;
	guint n;
};

static void include(struct range *range, double value)
{
	if (value <= 0)
		return;
	range->low = range->n ? MIN(range->low, value) : value;
	range->high = MAX(range->high, value);
	range->n++;
}

static void set_from_history(struct sbx_resources *r, enum sbx_resource which,
			     const struct range *seen, gboolean was_cut)
{
	if (seen->n == 0)
		return;
	double margin = was_cut ? 1 : HISTORY_MARGIN * (1 + 1.0 / seen->n);
	set(r, which, seen->low, seen->high * (1 + margin), SBX_BASIS_HISTORY);
}

void sbx_resources_add_history(struct sbx_resources *r, const GArray *runs)
{
	struct range cpu = {0}, memory = {0}, time = {0};
	gboolean was_cut = FALSE;
	for (guint i = 0; i < runs->len; i++) {
		const struct sbx_run_cost *run = &g_array_index(runs, struct sbx_run_cost, i);
		was_cut = was_cut || !run->ended;
		include(&memory, (double)run->peak_bytes);
		include(&time, SECONDS(run->wall_usec));
		if (run->wall_usec > 0)
			include(&cpu, (double)run->cpu_usec / (double)run->wall_usec);
	}
	set_from_history(r, SBX_RESOURCE_CPU, &cpu, FALSE);
	set_from_history(r, SBX_RESOURCE_MEMORY, &memory, was_cut);
	set_from_history(r, SBX_RESOURCE_TIME, &time, was_cut);
}

static gboolean has_class(const struct sbx_profile *profile, const char *name)
{
	return profile->classes && g_strv_contains((const char *const *)profile->classes, name);
}

gboolean sbx_resources_predict(struct sbx_profile *profile, struct sbx_providers *providers,
			       GError **error)
{
	guint64 bytes = 0;
	sbx_resources_default(&profile->resources, has_class(profile, "threads"),
			      has_class(profile, "gpu"));
	if (!sbx_providers_installed_size(providers, profile->packages, &bytes, error))
		return FALSE;
	sbx_resources_add_size(&profile->resources, bytes);
	return TRUE;
}
