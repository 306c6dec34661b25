/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/scan.h"

void sbx_scan_add_region(struct sbx_scan *scan, const struct sbx_match *match)
{
	TSNode end = sbx_scan_captured(scan, match, SBX_CAPTURE_REGION_END);
	TSNode until = sbx_scan_captured(scan, match, SBX_CAPTURE_REGION_UNTIL);
	TSNode handler = sbx_scan_captured(scan, match, SBX_CAPTURE_HANDLER);
	for (uint32_t i = 0; i < match->n; i++) {
		const struct sbx_captured *c = &scan->captures[match->first + i];
		if (c->capture != SBX_CAPTURE_REGION)
			continue;
		struct sbx_region *r =
			sbx_grow(&scan->regions, &scan->n_regions, &scan->regions_room, sizeof(*r));
		if (!r) {
			scan->no_memory = true;
			return;
		}
		r->start = ts_node_start_byte(c->node);
		r->end = !ts_node_is_null(end)	   ? ts_node_start_byte(end)
			 : !ts_node_is_null(until) ? ts_node_end_byte(until)
						   : ts_node_end_byte(c->node);
		r->is_span = !ts_node_is_null(end);
		r->handler = ts_node_is_null(handler) ? 0 : ts_node_start_byte(handler);
		r->flags = match->pattern->region;
	}
}

static int by_extent(const void *pa, const void *pb)
{
	const struct sbx_region *a = pa, *b = pb;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return 0;
}

static int by_start(const void *pa, const void *pb)
{
	const struct sbx_item *a = pa, *b = pb;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* Of spans with one start and meaning, keep the shortest: they stand last in the sorted run. */
static void drop_long_spans(struct sbx_scan *scan)
{
	struct sbx_region *r = scan->regions;
	for (size_t i = 0; i < scan->n_regions; i++)
		for (size_t k = i + 1;
		     r[i].is_span && k < scan->n_regions && r[k].start == r[i].start; k++)
			if (r[k].is_span && r[k].flags == r[i].flags && r[k].end < r[i].end) {
				r[i].flags = 0;
				break;
			}
}

/* Of the regions of one extent, what the first handler that speaks of `bit` says. */
static void decide_guard(struct sbx_region *regions, size_t n, unsigned bit)
{
	uint32_t first = UINT32_MAX;
	bool is_required = false;
	for (size_t i = 0; i < n; i++)
		if (regions[i].flags & bit && !(regions[i].flags & SBX_REGION_REQUIRED) &&
		    regions[i].handler < first)
			first = regions[i].handler;
	for (size_t i = 0; i < n; i++)
		is_required |= regions[i].flags & bit && regions[i].flags & SBX_REGION_REQUIRED &&
			       regions[i].handler == first;
	for (size_t i = 0; i < n; i++)
		if (is_required || regions[i].flags & SBX_REGION_REQUIRED ||
		    regions[i].handler != first)
			regions[i].flags &= ~bit;
}

/*
 * Regions of one extent come from several handlers (the except clauses of a try statement). For
 * modules and for commands, the first handler that speaks of them decides, and if it ends the
 * program then nothing is guarded.
 */
static void decide_guards(struct sbx_scan *scan)
{
	for (size_t i = 0; i < scan->n_regions;) {
		struct sbx_region *r = &scan->regions[i];
		size_t n = 1;
		while (i + n < scan->n_regions && r[n].start == r->start && r[n].end == r->end)
			n++;
		decide_guard(r, n, SBX_REGION_GUARD_MODULES);
		decide_guard(r, n, SBX_REGION_GUARD_COMMANDS);
		for (size_t k = 0; k < n; k++)
			r[k].flags &= ~(unsigned)SBX_REGION_REQUIRED;
		i += n;
	}
}

unsigned *sbx_scan_place(struct sbx_scan *scan)
{
	unsigned *flags_of = calloc(scan->n_items + 1, sizeof(*flags_of));
	SBX_CLEANUP_FREE struct sbx_region *open = calloc(scan->n_regions + 1, sizeof(*open));
	if (!flags_of || !open) {
		free(flags_of);
		return NULL;
	}
	if (scan->n_items)
		qsort(scan->items, scan->n_items, sizeof(*scan->items), by_start);
	if (scan->n_regions)
		qsort(scan->regions, scan->n_regions, sizeof(*scan->regions), by_extent);
	drop_long_spans(scan);
	decide_guards(scan);
	/* Regions nest, as nodes do: a stack of open ones, each with its parents' flags. */
	size_t n_open = 0, next = 0;
	for (size_t i = 0; i < scan->n_items; i++) {
		uint32_t at = scan->items[i].start;
		for (; next < scan->n_regions && scan->regions[next].start <= at; next++) {
			while (n_open && open[n_open - 1].end <= scan->regions[next].start)
				n_open--;
			open[n_open] = scan->regions[next];
			open[n_open].flags |= n_open ? open[n_open - 1].flags : 0;
			n_open++;
		}
		while (n_open && open[n_open - 1].end <= at)
			n_open--;
		flags_of[i] = scan->outer_flags | (n_open ? open[n_open - 1].flags : 0);
	}
	return flags_of;
}
