/*
 * Count the words of a text with GLib's hash table.
 *
 * # run: gcc -O1 -Wall census.c -o /tmp/census $(pkg-config --cflags --libs glib-2.0) && /tmp/census
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#ifdef WITH_ICU
#include <unicode/ubrk.h>
#endif
#ifdef G_OS_WIN32
#include <windows.h>
#endif

/* An earlier version did this with #include <search.h> and hcreate(), and one with <gee.h>. */
static const char text[] = "the ship left the harbour and the fog closed in and the bell rang "
			   "#include <libxml/parser.h>";

static void add(gpointer word, gpointer count, gpointer into)
{
	g_ptr_array_add(into, g_strdup_printf("%3d %s", GPOINTER_TO_INT(count), (char *)word));
}

static gint descending(gconstpointer a, gconstpointer b)
{
	return -strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	char **words = g_strsplit(text, " ", -1);

	for (char **word = words; *word; word++) {
		int n = GPOINTER_TO_INT(g_hash_table_lookup(seen, *word));
		g_hash_table_insert(seen, *word, GINT_TO_POINTER(n + 1));
	}
	g_hash_table_foreach(seen, add, lines);
	g_ptr_array_sort(lines, descending);
	for (guint i = 0; i < 2 && i < lines->len; i++)
		puts(lines->pdata[i]);
	printf("%u words\n", g_hash_table_size(seen));
	return g_hash_table_size(seen) == 12 ? 0 : 1;
}
