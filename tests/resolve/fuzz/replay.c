/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Without libFuzzer: every file of the corpus, each as it is, cut at every length (at most 2,000
 * places), and with bytes changed by a generator that starts the same each time.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize n_bytes);

#define N_CHANGES 3000

/* Memory of exactly that size, so that the sanitizer sees a step beyond. */
static void feed(const char *data, gsize n)
{
	guint8 *copy = g_malloc(n ? n : 1);
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	g_free(copy);
}

static void replay(const char *text, gsize n, GRand *rand)
{
	static const char bytes[] = "{}[]\",:|()<>=! \n\\/\xff\x01-09az";
	feed(text, n);
	for (gsize cut = 0; cut < n; cut += 1 + n / 2000)
		feed(text, cut);
	g_autofree char *copy = g_malloc(n ? n : 1);
	for (int i = 0; n > 0 && i < N_CHANGES; i++) {
		memcpy(copy, text, n);
		for (int k = g_rand_int_range(rand, 1, 4); k > 0; k--)
			copy[g_rand_int_range(rand, 0, (gint32)n)] =
				bytes[g_rand_int_range(rand, 0, sizeof(bytes) - 1)];
		feed(copy, n);
	}
}

int main(int argc, char **argv)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);
	guint n_files = 0;
	for (int i = 1; i < argc; i++) {
		g_autoptr(GDir) dir = g_dir_open(argv[i], 0, NULL);
		for (const char *name; dir && (name = g_dir_read_name(dir));) {
			g_autofree char *path = g_build_filename(argv[i], name, NULL);
			g_autofree char *text = NULL;
			gsize n;
			if (!g_file_get_contents(path, &text, &n, NULL))
				continue;
			replay(text, n, rand);
			n_files++;
		}
	}
	printf("%u files replayed\n", n_files);
	return n_files > 0 ? 0 : 1;
}
