/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/resolve/relation.h"
#include "tests/lib/fuzz/fuzz.h"

/* Names and versions lie inside of the field, and every step goes forward. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autofree char *field = g_strndup((const char *)data, n_bytes);
	const char *end = field + strlen(field);
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	g_autoptr(GError) error = NULL;
	enum sbx_relation_result result;
	sbx_relation_begin(&reader, field);
	const char *before = reader.next;
	while ((result = sbx_relation_next(&reader, &r, &error)) == SBX_RELATION_READ) {
		g_assert(reader.next > before && reader.next <= end);
		g_assert(r.n_name > 0 && r.name >= before && r.name + r.n_name <= end);
		g_assert((r.op == SBX_REL_ANY) == (r.version == NULL));
		g_assert(!r.version || (r.n_version > 0 && r.version + r.n_version <= end));
		g_assert(!r.qualifier || r.qualifier + r.n_qualifier <= end);
		before = reader.next;
	}
	g_assert((result == SBX_RELATION_BAD) == (error != NULL));
	return 0;
}
