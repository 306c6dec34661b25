/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/control.h"
#include "tests/lib/fuzz/fuzz.h"

/* What is read makes one stanza of dpkg's status, with one status; whatever is not says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, n_bytes);
	g_autoptr(GError) error = NULL;
	if (!g_utf8_validate(text, -1, NULL)) /* import.c asks first */
		return 0;
	SBX_AUTO(sbx_control) control = sbx_control_parse(text, "fuzz", &error);
	g_assert((control == NULL) == (error != NULL));
	if (!control) {
		g_assert_null(strchr(error->message, '\n'));
		return 0;
	}
	g_autofree char *stanza = sbx_control_status_stanza(control, "");
	g_assert_null(strstr(stanza, "\n\n"));
	guint n_status = 0;
	g_auto(GStrv) lines = g_strsplit(stanza, "\n", -1);
	for (char **line = lines; *line; line++)
		n_status += g_ascii_strncasecmp(*line, "Status:", 7) == 0;
	g_assert_cmpuint(n_status, ==, 1);
	return 0;
}
