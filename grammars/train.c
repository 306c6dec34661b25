/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sbx-train FILE...: parse each file by its extension's grammar. Linked with a runtime that counts
 * which way its code goes; the runtime of the release is compiled with these counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

#include "grammars/grammars.h"

#define N_MAX_BYTES (1 << 20)

/* Is it an item of the line extensions=a;b of a language.conf? */
static bool has_extension(const struct sbx_grammar *grammar, const char *extension)
{
	static const char key[] = "\nextensions=";
	const char *at = strstr(grammar->conf, key);
	size_t n = strlen(extension);
	if (!at)
		return false;
	for (at += strlen(key); *at && *at != '\n'; at += strcspn(at, ";\n"), at += *at == ';')
		if (!strncmp(at, extension, n) && strchr(";\n", at[n]))
			return true;
	return false;
}

static const TSLanguage *language_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	for (const struct sbx_grammar *g = sbx_grammars; dot && g->name; g++)
		if (g->parser && (has_extension(g, dot) || has_extension(g, dot + 1)))
			return g->parser();
	return NULL;
}

int main(int argc, char **argv)
{
	TSParser *parser = ts_parser_new();
	char *text = malloc(N_MAX_BYTES);
	if (!parser || !text)
		return 1;
	for (int i = 1; i < argc; i++) {
		const TSLanguage *language = language_of(argv[i]);
		FILE *file = language ? fopen(argv[i], "r") : NULL;
		if (!file)
			continue;
		size_t n = fread(text, 1, N_MAX_BYTES, file);
		fclose(file);
		ts_parser_set_language(parser, language);
		TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)n);
		if (tree)
			ts_tree_delete(tree);
	}
	ts_parser_delete(parser);
	free(text);
	return 0;
}
