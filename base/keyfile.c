/* SPDX-License-Identifier: Apache-2.0 */
#include "base/keyfile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

/* Lists and their items are made on demand and kept until the key file goes. */
struct kept {
	struct kept *next;
	void *pointers[];
};

struct sbx_keyfile {
	char *text; /* a copy, cut into strings */
	size_t n_bytes;
	struct sbx_keyfile_entry *entries; /* their strings are in `text` */
	size_t n_entries, room;
	size_t section_hash; /* of the section that is being read */
	size_t *slots; /* by hash of section and key: an entry's index + 1; 2 * room of them */
	struct kept *kept;
};

static const char *const empty_list[] = {NULL};

void sbx_keyfile_free(struct sbx_keyfile *keyfile)
{
	if (!keyfile)
		return;
	while (keyfile->kept) {
		struct kept *next = keyfile->kept->next;
		free(keyfile->kept);
		keyfile->kept = next;
	}
	free(keyfile->entries);
	free(keyfile->slots);
	free(keyfile->text);
	free(keyfile);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *trim(char *s)
{
	while (is_blank(*s))
		s++;
	size_t n = strlen(s);
	while (n && is_blank(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

/*
 * Cut the next logical line out of *at, joining lines that end in a backslash in place. Counts
 * the physical lines. NULL at the end.
 */
static char *next_line(char **at, unsigned *line)
{
	if (!**at)
		return NULL;
	char *start = *at, *read = start, *write = start;
	for (; *read && *read != '\n'; read++) {
		size_t n_end = read[1] == '\r' ? 1 : 0;
		if (*read == '\\' && read[1 + n_end] == '\n') {
			read += 1 + n_end;
			++*line;
			continue;
		}
		*write++ = *read;
	}
	++*line;
	*at = *read ? read + 1 : read;
	*write = '\0';
	return start;
}

static size_t hash_on(size_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

static size_t hash_section(const char *section)
{
	return hash_on(0xcbf29ce484222325u, section) * 31;
}

/* Where the key's index is or belongs. There is always an empty slot. */
static size_t *find_slot(const struct sbx_keyfile *kf, const char *section, size_t section_hash,
			 const char *key)
{
	size_t h = hash_on(section_hash, key), mask = 2 * kf->room - 1;
	for (size_t i = (h ^ h >> 29) & mask;; i = (i + 1) & mask) {
		size_t index = kf->slots[i];
		if (!index || (!strcmp(kf->entries[index - 1].key, key) &&
			       !strcmp(kf->entries[index - 1].section, section)))
			return &kf->slots[i];
	}
}

static bool enlarge(struct sbx_keyfile *kf)
{
	/* Made once for nearly all files: a line of a key has some twenty bytes. */
	size_t room = kf->room ? 2 * kf->room : 64;
	while (!kf->room && room < kf->n_bytes / 20)
		room *= 2;
	struct sbx_keyfile_entry *bigger = realloc(kf->entries, room * sizeof(*bigger));
	if (!bigger)
		return false;
	kf->entries = bigger;
	size_t *slots = calloc(2 * room, sizeof(*slots));
	if (!slots)
		return false;
	free(kf->slots);
	kf->slots = slots;
	kf->room = room;
	for (size_t i = 0; i < kf->n_entries; i++) {
		const struct sbx_keyfile_entry *e = &kf->entries[i];
		*find_slot(kf, e->section, hash_section(e->section), e->key) = i + 1;
	}
	return true;
}

static int add_entry(struct sbx_keyfile *kf, const struct sbx_keyfile_entry *entry,
		     const char *where, unsigned line, struct sbx_error *err)
{
	if (kf->n_entries == kf->room && !enlarge(kf))
		return sbx_fail(err, SBX_E_NO_SPACE, "%s: out of memory", where);
	size_t *slot = find_slot(kf, entry->section, kf->section_hash, entry->key);
	if (*slot)
		return sbx_fail(err, SBX_E_INPUT, "%s:%u: key '%s' is given twice in [%s]", where,
				line, entry->key, entry->section);
	kf->entries[kf->n_entries++] = *entry;
	*slot = kf->n_entries;
	return 0;
}

static int parse_line(struct sbx_keyfile *kf, char *text, const char **section, const char *where,
		      unsigned line, struct sbx_error *err)
{
	text = trim(text);
	if (!*text || *text == '#')
		return 0;
	if (*text == '[') {
		size_t n = strlen(text);
		if (n < 3 || text[n - 1] != ']')
			return sbx_fail(err, SBX_E_INPUT,
					"%s:%u: a section is written [name], not '%.60s'", where,
					line, text);
		text[n - 1] = '\0';
		*section = trim(text + 1);
		kf->section_hash = hash_section(*section);
		return 0;
	}
	char *equals = strchr(text, '=');
	if (!equals || equals == text)
		return sbx_fail(err, SBX_E_INPUT, "%s:%u: expected key=value, not '%.60s'", where,
				line, text);
	if (!*section)
		return sbx_fail(err, SBX_E_INPUT, "%s:%u: '%.60s' stands before any [section]",
				where, line, text);
	*equals = '\0';
	struct sbx_keyfile_entry entry = {*section, trim(text), trim(equals + 1), line};
	return add_entry(kf, &entry, where, line, err);
}

struct sbx_keyfile *sbx_keyfile_parse(const char *text, size_t n_bytes, const char *where,
				      struct sbx_error *err)
{
	if (memchr(text, '\0', n_bytes)) {
		sbx_fail(err, SBX_E_INPUT, "%s: is no text: it has NUL bytes", where);
		return NULL;
	}
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *kf = calloc(1, sizeof(*kf));
	if (kf)
		kf->text = strndup(text, n_bytes);
	if (kf)
		kf->n_bytes = n_bytes;
	if (!kf || !kf->text) {
		sbx_fail(err, SBX_E_NO_SPACE, "%s: out of memory", where);
		return NULL;
	}
	const char *section = NULL;
	char *at = kf->text;
	for (unsigned line = 0;;) {
		unsigned first = line + 1;
		char *one = next_line(&at, &line);
		if (!one)
			return sbx_steal(kf);
		if (parse_line(kf, one, &section, where, first, err) < 0)
			return NULL;
	}
}

const char *sbx_keyfile_get(const struct sbx_keyfile *keyfile, const char *section, const char *key)
{
	size_t index = keyfile->room ? *find_slot(keyfile, section, hash_section(section), key) : 0;
	return index ? keyfile->entries[index - 1].value : NULL;
}

const struct sbx_keyfile_entry *sbx_keyfile_entries(const struct sbx_keyfile *keyfile,
						    size_t *out_n)
{
	*out_n = keyfile->n_entries;
	return keyfile->entries;
}

/* Room for n pointers, the NULL at the end and n_bytes of strings behind them. */
static struct kept *keep(struct sbx_keyfile *kf, size_t n, size_t n_bytes)
{
	struct kept *kept = calloc(1, sizeof(*kept) + (n + 1) * sizeof(void *) + n_bytes);
	if (!kept)
		return NULL;
	kept->next = kf->kept;
	kf->kept = kept;
	return kept;
}

const char *const *sbx_keyfile_split(struct sbx_keyfile *keyfile, const char *value)
{
	if (!value || !*value)
		return empty_list;
	size_t n_max = 1;
	for (const char *p = value; *p; p++)
		n_max += *p == ';';
	struct kept *kept = keep(keyfile, n_max, strlen(value) + 1);
	if (!kept)
		return NULL;
	char *write = (char *)(kept->pointers + n_max + 1);
	size_t n = 0;
	for (const char *read = value; *read;) {
		char *start = write;
		for (; *read && *read != ';'; read++) {
			if (*read == '\\' && (read[1] == ';' || read[1] == '\\'))
				read++;
			*write++ = *read;
		}
		*write++ = '\0';
		char *item = trim(start);
		if (*item)
			kept->pointers[n++] = item;
		read += *read == ';';
	}
	return (const char *const *)kept->pointers;
}

const char *const *sbx_keyfile_get_list(struct sbx_keyfile *keyfile, const char *section,
					const char *key)
{
	return sbx_keyfile_split(keyfile, sbx_keyfile_get(keyfile, section, key));
}

const char *const *sbx_keyfile_keys(struct sbx_keyfile *keyfile, const char *section)
{
	struct kept *kept = keep(keyfile, keyfile->n_entries, 0);
	if (!kept)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; i < keyfile->n_entries; i++)
		if (!strcmp(keyfile->entries[i].section, section))
			kept->pointers[n++] = (void *)keyfile->entries[i].key;
	return (const char *const *)kept->pointers;
}
