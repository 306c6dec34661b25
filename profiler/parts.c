/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/parts.h"

#include <stdlib.h>

void sbx_parts_release(struct sbx_parts *parts)
{
	for (size_t i = 0; i < parts->n_parts; i++)
		sbx_buffer_release(&parts->parts[i].text);
	free(parts->places);
	*parts = (struct sbx_parts){0};
}

struct sbx_part *sbx_parts_get(struct sbx_parts *parts, const struct sbx_language *language,
			       bool is_aside)
{
	for (size_t i = 0; i < parts->n_parts; i++)
		if (parts->parts[i].language == language && parts->parts[i].is_aside == is_aside)
			return &parts->parts[i];
	if (parts->n_parts == N_MAX_PARTS)
		return NULL;
	struct sbx_part *part = &parts->parts[parts->n_parts++];
	*part = (struct sbx_part){.language = language, .is_aside = is_aside};
	return part;
}

void sbx_part_put(struct sbx_part *part, size_t row, const char *line, size_t n_bytes)
{
	for (; part->n_rows < row; part->n_rows++)
		sbx_buffer_add(&part->text, "\n", 1);
	sbx_buffer_add(&part->text, line, n_bytes);
	sbx_buffer_add(&part->text, "\n", 1);
	part->n_rows++;
}
