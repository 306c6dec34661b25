/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/verbs/solve_options.h"

gboolean sbx_solve_options_read(struct sbx_solve_options *o, struct sbx_resolve_options *out,
				GError **error)
{
	/* The class first: single options change what it says. */
	const struct {
		const char *key, *value;
	} given[] = {
		{SBX_CONTENT_SLIM, o->slim},
		{sbx_content_name(SBX_CONTENT_DOCS), o->docs},
		{sbx_content_name(SBX_CONTENT_MAN), o->man},
		{sbx_content_name(SBX_CONTENT_EXTRAS), o->extras},
		{sbx_content_name(SBX_CONTENT_LOCALES), o->locales},
	};
	for (guint i = 0; i < G_N_ELEMENTS(given); i++) {
		const char *wrong =
			given[i].value
				? sbx_content_set_option(&o->content, given[i].key, given[i].value)
				: NULL;
		if (wrong)
			return sbx_set_error(error, SBX_E_USAGE, "--%s %.60s: %s", given[i].key,
					     given[i].value, wrong);
	}
	*out = (struct sbx_resolve_options){
		.recommends = o->recommends,
		.hold = (const char *const *)o->hold,
		.forbid = (const char *const *)o->forbid,
		.pins = (const char *const *)o->pins,
		.content = &o->content,
	};
	return TRUE;
}
