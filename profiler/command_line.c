/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/scan.h"

/* A command line on its way through wrappers: sudo env A=b timeout 5 python3 x.py */
struct line {
	struct sbx_scan *scan;
	const struct sbx_word *words;
	size_t n;
	enum sbx_grade grade;
};

/* Of @use: a variable in a command's place, one that is asked for, one that holds a whole line. */
#define TAG_COMMAND "command"
#define TAG_LOOKUP  "lookup"
#define TAG_LINE    "line"

static bool has_hole(const char *s)
{
	return strchr(s, SBX_HOLE) != NULL;
}

/* NAME=value, which may stand before a command */
static bool is_assignment(const char *s)
{
	size_t n = 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n > 0 && s[n] == '=' && !isdigit((unsigned char)*s);
}

static void add_command(const struct line *line, size_t at, const char *name, const char *path,
			enum sbx_grade grade)
{
	struct sbx_raw_fact fact = {.kind = SBX_FACT_COMMAND,
				    .grade = grade,
				    .language = &line->scan->rules->language,
				    .name = name,
				    .path = path};
	sbx_scan_add_fact(line->scan, line->words[at].node, &fact);
}

/* The name of a command given by its path, when a package may ship it there. */
static const char *name_from_path(const struct sbx_rules *rules, const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	for (const char *const *t = rules->language.command_paths; t && *t; t++) {
		size_t n = strcspn(*t, "{");
		if ((size_t)(base - path) == n + 1 && !strncmp(path + 1, *t, n))
			return base;
	}
	return path;
}

/* Folders where no package puts anything: what is started there was made by somebody before. */
static bool is_scratch(const char *path)
{
	static const char *const folders[] = {"/tmp/",	"/var/tmp/", "/dev/shm/", "/home/",
					      "/root/", "/task/",    "/output/"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!strncmp(path, folders[i], strlen(folders[i])))
			return true;
	return false;
}

/* A variable of which it is known what it holds, see @use. */
static bool is_known_variable(const struct line *line, size_t at)
{
	const char *name = sbx_scan_leaf_name(line->scan, line->words[at].node);
	size_t n = name ? strlen(name) + sizeof(TAG_COMMAND " ") : 0;
	char *key = n ? sbx_arena_alloc(&line->scan->arena, n) : NULL;
	if (!key)
		return false;
	stpcpy(stpcpy(key, TAG_COMMAND " "), name);
	return sbx_map_get(&line->scan->satisfied, key) != NULL;
}

/*
 * A word in a command's place. Returns the name under which wrappers and interpreters know it,
 * NULL when that is not to be seen.
 */
static const char *take_command(const struct line *line, size_t at)
{
	const char *word = line->words[at].text;
	struct sbx_scan *scan = line->scan;
	if (!*word || strlen(word) > N_MAX_NAME_BYTES)
		return NULL;
	if (has_hole(word)) {
		/* "$here/tool": a file of the task, if there is one of that name. */
		const char *path = word[0] == SBX_HOLE && word[1] == '/' && !has_hole(word + 1)
					   ? word + 2
					   : NULL;
		if (path)
			sbx_scan_add_script(scan, path, NULL);
		if (path || !is_known_variable(line, at))
			add_command(line, at, "", path, SBX_GRADE_DYNAMIC_UNKNOWN);
		return NULL;
	}
	if (strpbrk(word, " \t\n*?[]{}()<>|&;\"'`\\$=~!,") &&
	    !sbx_map_get(&scan->rules->builtins, word))
		return NULL;
	if (*word == '/') {
		if (is_scratch(word))
			return strrchr(word, '/') + 1;
		const char *name = name_from_path(scan->rules, word);
		add_command(line, at, name, NULL, line->grade);
		return strrchr(word, '/') + 1;
	}
	if (strchr(word, '/')) {
		sbx_scan_add_script(scan, word, NULL);
		return NULL;
	}
	if (*word == '-' || *word == '+' || *word == '%')
		return NULL;
	if (!sbx_map_get(&scan->rules->builtins, word))
		add_command(line, at, word, NULL, line->grade);
	return word;
}

static void take_asked(const struct line *line, size_t at)
{
	struct line inner = *line;
	inner.grade = SBX_GRADE_GUARDED;
	for (size_t i = at + 1; i < line->n; i++)
		if (*line->words[i].text != '-' && !has_hole(line->words[i].text) &&
		    !strchr("./", *line->words[i].text))
			take_command(&inner, i);
}

/* `command -v x y`: x and y are asked for. False when this use runs its arguments instead. */
static bool take_lookup(const struct line *line, size_t at, const char *name)
{
	const char *const *options = sbx_map_get(&line->scan->rules->lookups, name);
	if (!options)
		return false;
	bool asked = !*options;
	for (size_t i = at + 1; i < line->n && *line->words[i].text == '-'; i++)
		asked |= sbx_list_has(options, line->words[i].text);
	if (asked)
		take_asked(line, at);
	return asked;
}

static bool is_own(const struct line *line, const char *name)
{
	const struct sbx_scan *scan = line->scan;
	for (size_t i = 0; i < scan->n_functions; i++)
		if (!strcmp(scan->functions[i].name, name) &&
		    ts_node_is_null(scan->functions[i].parameters))
			return true;
	return false;
}

/*
 * A function of the text's own: what it does with its arguments. Returns where a command stands
 * that it starts, or line->n.
 */
static size_t take_function(const struct line *line, size_t at, const char *name)
{
	struct sbx_scan *scan = line->scan;
	const struct sbx_passed *asks = sbx_functions_get(scan, TAG_LOOKUP, name);
	const struct sbx_passed *evaluates = sbx_functions_get(scan, TAG_LINE, name);
	const struct sbx_passed *starts = sbx_functions_get(scan, TAG_COMMAND, name);
	if (asks && at + asks->n_before < line->n)
		take_asked(line, at + asks->n_before);
	if (evaluates && at + 1 + evaluates->n_before < line->n) {
		const struct sbx_word *word = &line->words[at + 1 + evaluates->n_before];
		sbx_scan_add_code(scan, word->node, &scan->rules->language, word->text);
	}
	if (starts && at + 1 + starts->n_before < line->n)
		return at + 1 + starts->n_before;
	return line->n;
}

/* alias name='code' */
static void take_aliases(const struct line *line, size_t at)
{
	for (size_t i = at + 1; i < line->n; i++) {
		const char *word = line->words[i].text, *equals = strchr(word, '=');
		if (!equals || has_hole(word))
			continue;
		char *name = sbx_arena_string(&line->scan->arena, word, (size_t)(equals - word));
		if (name)
			sbx_scan_add_define(line->scan, SBX_FACT_COMMAND, name);
		sbx_scan_add_code(line->scan, line->words[i].node, &line->scan->rules->language,
				  equals + 1);
	}
}

/* perl -MJSON::PP=encode_json, ruby -rjson: a module that an option of one letter names. */
static void take_module_option(const struct line *line, size_t at,
			       const struct sbx_language *language)
{
	const char *word = line->words[at].text;
	for (const char *const *p = sbx_rules_of(language)->module_prefixes; p && *p; p++) {
		size_t n = strlen(*p);
		if (strncmp(word, *p, n) != 0 || has_hole(word))
			continue;
		word += n + (word[n] == '-');
		struct sbx_raw_fact fact = {
			.kind = SBX_FACT_MODULE,
			.grade = line->grade,
			.language = language,
			.name = sbx_arena_string(&line->scan->arena, word, strcspn(word, "= "))};
		sbx_scan_add_fact(line->scan, line->words[at].node, &fact);
		return;
	}
}

/* Code or a script that an interpreter's arguments name. */
static void take_interpreter(const struct line *line, size_t at,
			     const struct sbx_language *language)
{
	const struct sbx_rules *rules = sbx_rules_of(language);
	for (size_t i = at + 1; i < line->n; i++) {
		const char *word = line->words[i].text;
		bool has_value = i + 1 < line->n;
		size_t n = rules->code_option ? strlen(rules->code_option) : 0;
		/* Shells bundle: sh -ec 'code'. */
		if (n == 2 && has_value && word[0] == '-' && word[1] != '-' && word[1] &&
		    word[strlen(word) - 1] == rules->code_option[1]) {
			sbx_scan_add_code(line->scan, line->words[i + 1].node, language,
					  line->words[i + 1].text);
			return;
		}
		if (rules->module_option && has_value && !strcmp(word, rules->module_option)) {
			struct sbx_raw_fact fact = {.kind = SBX_FACT_MODULE,
						    .grade = line->grade,
						    .language = language,
						    .name = line->words[i + 1].text,
						    .member = rules->module_member};
			if (!has_hole(fact.name))
				sbx_scan_add_fact(line->scan, line->words[i + 1].node, &fact);
			sbx_scan_take_installs(line->scan, fact.name, line->words + i + 1,
					       line->n - i - 1, line->grade);
			return;
		}
		take_module_option(line, i, language);
		if (sbx_list_has(rules->value_options, word))
			i++;
		else if (*word != '-' && *word != '+') {
			sbx_scan_add_script(line->scan, word, language);
			return;
		}
	}
}

/* "option>command" rows of [implied]: is the option there, on its own or in a bundle? */
static void take_implied(const struct line *line, size_t at, const char *name)
{
	const char *const *rows = sbx_map_get(&line->scan->rules->implied, name);
	for (; rows && *rows; rows++) {
		const char *sign = strchr(*rows, '>');
		size_t n = sign ? (size_t)(sign - *rows) : 0;
		for (size_t i = at + 1; n && i < line->n; i++) {
			const char *word = line->words[i].text;
			bool bundle = n == 1 && (word[0] == '-' ? word[1] != '-' : i == at + 1);
			if (bundle ? strchr(word, **rows) != NULL
				   : strlen(word) == n && !strncmp(word, *rows, n)) {
				add_command(line, i, sign + 1, NULL, SBX_GRADE_IMPLIED);
				break;
			}
		}
	}
}

/* Where the wrapped command stands, line->n when there is none. */
static size_t skip_wrapper(const struct line *line, size_t at, const struct sbx_wrapper *w)
{
	size_t i = at + 1;
	for (; w->after && i < line->n; i++)
		if (sbx_list_has(w->options, line->words[i].text))
			return i + 1;
	unsigned n_plain = w->after ? 0 : w->n_plain;
	for (; i < line->n; i++) {
		const char *word = line->words[i].text;
		if (!strcmp(word, "--"))
			continue;
		if (*word == '-' && word[1]) {
			i += sbx_list_has(w->options, word);
			continue;
		}
		if (is_assignment(word))
			continue;
		if (n_plain == 0)
			return i;
		n_plain--;
	}
	return line->n;
}

/* What follows the name at `at`. Returns where a wrapped command stands, or line->n. */
static size_t take_arguments(const struct line *line, size_t at, const char *name)
{
	struct sbx_scan *scan = line->scan;
	const struct sbx_rules *rules = scan->rules;
	const struct sbx_language *interpreter = sbx_language_by_shebang(name);
	const struct sbx_wrapper *wrapper = sbx_map_get(&rules->wrappers, name);
	bool has_argument = at + 1 < line->n;
	take_implied(line, at, name);
	sbx_scan_take_operands(scan, name, line->words + at, line->n - at, line->grade);
	sbx_scan_take_installs(scan, name, line->words + at, line->n - at, line->grade);
	if (take_lookup(line, at, name))
		return line->n;
	const char *const *files = sbx_map_get(&rules->defaults, name);
	for (; files && *files; files++)
		sbx_scan_add_script(scan, *files, NULL);
	if (wrapper)
		return skip_wrapper(line, at, wrapper);
	if (interpreter)
		take_interpreter(line, at, interpreter);
	else if (sbx_list_has(rules->alias, name))
		take_aliases(line, at);
	else if (has_argument && sbx_list_has(rules->source, name)) {
		const char *path = line->words[at + 1].text;
		if (path[0] == SBX_HOLE && path[1] == '/')
			path += 2;
		if (!has_hole(path))
			sbx_scan_add_script(scan, path, &rules->language);
	} else if (has_argument && sbx_list_has(rules->evaluate, name))
		sbx_scan_add_code(scan, line->words[at + 1].node, &rules->language,
				  line->words[at + 1].text);
	return line->n;
}

void sbx_scan_command_line(struct sbx_scan *scan, const struct sbx_word *words, size_t n_words,
			   enum sbx_grade grade)
{
	struct line line = {scan, words, n_words, grade};
	size_t at = 0;
	while (at < n_words && is_assignment(words[at].text))
		at++;
	while (at < n_words) {
		const char *name = take_command(&line, at);
		if (!name)
			return;
		if (grade != SBX_GRADE_GUARDED)
			sbx_calls_take_command(scan, name, words + at, n_words - at);
		at = is_own(&line, name) ? take_function(&line, at, name)
					 : take_arguments(&line, at, name);
		/* parallel 'a {} && b': a whole line in one word */
		if (at < n_words && strpbrk(words[at].text, " \t\n")) {
			sbx_scan_add_code(scan, words[at].node, &scan->rules->language,
					  words[at].text);
			return;
		}
	}
}
