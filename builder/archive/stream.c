/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "store/gerror.h"

#define CHUNK_BYTES (1 << 20)
#define N_CHUNKS    8
#define BLOCK_BYTES (256 * 1024) /* of the compressed file, a read */

struct chunk {
	gsize n_bytes, n_lines;
	gboolean last;
	GError *error;
	char data[CHUNK_BYTES];
};

static void archive_free_at(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}
#define CLEANUP_ARCHIVE __attribute__((cleanup(archive_free_at)))

static gboolean fail(struct archive *a, const char *where, GError **error)
{
	const char *reason = archive_error_string(a);
	return sbx_set_error(error, SBX_E_ARCHIVE, "%s: cannot be decompressed: %s", where,
			     reason ? reason : "damaged");
}

/* libarchive takes a lone compressed file as an archive with one member, or none if it is empty. */
static struct archive *open_raw(const char *path, const char *where, gboolean *out_is_empty,
				GError **error)
{
	CLEANUP_ARCHIVE struct archive *a = archive_read_new();
	struct archive_entry *entry;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	int status = archive_read_open_filename(a, path, BLOCK_BYTES);
	if (status == ARCHIVE_OK)
		status = archive_read_next_header(a, &entry);
	if (status != ARCHIVE_OK && status != ARCHIVE_EOF) {
		fail(a, where, error);
		return NULL;
	}
	*out_is_empty = status == ARCHIVE_EOF;
	return g_steal_pointer(&a);
}

gboolean sbx_index_read(const char *path, guint64 expected_bytes, guint64 max_bytes,
			const char *where, char **out_text, gsize *out_n_bytes, GError **error)
{
	gboolean is_empty;
	CLEANUP_ARCHIVE struct archive *a = open_raw(path, where, &is_empty, error);
	if (!a)
		return FALSE;
	guint64 limit = expected_bytes ? expected_bytes : max_bytes;
	gsize room = MIN(limit, expected_bytes ? expected_bytes : CHUNK_BYTES) + 1, n_bytes = 0;
	g_autofree char *text = g_malloc(room + 1);
	for (;;) {
		la_ssize_t n = 0;
		if (!is_empty)
			n = archive_read_data(a, text + n_bytes, room - n_bytes);
		if (n < 0)
			return fail(a, where, error);
		n_bytes += (gsize)n;
		if (n_bytes > limit || (n == 0 && expected_bytes && n_bytes != expected_bytes))
			return sbx_set_error(error, SBX_E_ARCHIVE,
					     "%s: %s the %" G_GUINT64_FORMAT
					     " bytes it should have",
					     where, n ? "more than" : "less than", limit);
		if (n == 0)
			break;
		if (n_bytes == room) {
			room = MIN(room * 2, limit + 1);
			text = g_realloc(text, room + 1);
		}
	}
	text[n_bytes] = '\0';
	*out_text = g_steal_pointer(&text);
	*out_n_bytes = n_bytes;
	return TRUE;
}

/* ---- the stream ---- */

#define SBX_TYPE_INDEX_STREAM (sbx_index_stream_get_type())
G_DECLARE_FINAL_TYPE(SbxIndexStream, sbx_index_stream, SBX, INDEX_STREAM, GInputStream)

struct _SbxIndexStream {
	GInputStream parent;
	char *path, *where;
	guint64 max_bytes, n_lines;
	GAsyncQueue *empty, *full; /* struct chunk *: they go round between the two threads */
	GThread *thread;
	gint stop; /* atomic: the reader is gone */
	struct chunk *current;
	gsize at; /* in current */
};

G_DEFINE_TYPE(SbxIndexStream, sbx_index_stream, G_TYPE_INPUT_STREAM)

static gsize count_lines(const char *data, gsize n_bytes)
{
	gsize n = 0;
	const char *end = data + n_bytes;
	for (const char *p = data; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

static gboolean fill(struct archive *a, struct chunk *chunk, const char *where, GError **error)
{
	chunk->n_bytes = 0;
	while (chunk->n_bytes < CHUNK_BYTES) {
		la_ssize_t n = archive_read_data(a, chunk->data + chunk->n_bytes,
						 CHUNK_BYTES - chunk->n_bytes);
		if (n < 0)
			return fail(a, where, error);
		if (n == 0) {
			chunk->last = TRUE;
			break;
		}
		chunk->n_bytes += (gsize)n;
	}
	chunk->n_lines = count_lines(chunk->data, chunk->n_bytes);
	return TRUE;
}

static gpointer decompress(gpointer data)
{
	SbxIndexStream *self = data;
	guint64 n_bytes = 0;
	g_autoptr(GError) error = NULL;
	gboolean is_empty = FALSE;
	CLEANUP_ARCHIVE struct archive *a = open_raw(self->path, self->where, &is_empty, &error);
	for (gboolean last = FALSE; !last;) {
		struct chunk *chunk = g_async_queue_pop(self->empty);
		chunk->n_bytes = 0;
		chunk->last = is_empty;
		if (!error && !is_empty && !g_atomic_int_get(&self->stop) &&
		    fill(a, chunk, self->where, &error)) {
			n_bytes += chunk->n_bytes;
			if (n_bytes > self->max_bytes)
				sbx_set_error(&error, SBX_E_ARCHIVE,
					      "%s: more than the %" G_GUINT64_FORMAT
					      " bytes it should have",
					      self->where, self->max_bytes);
		}
		if (error)
			chunk->error = g_steal_pointer(&error);
		last = chunk->last = chunk->last || chunk->error || g_atomic_int_get(&self->stop);
		g_async_queue_push(self->full, chunk);
	}
	return NULL;
}

static gssize index_stream_read(GInputStream *stream, void *buffer, gsize n_wanted,
				GCancellable *cancellable, GError **error)
{
	SbxIndexStream *self = SBX_INDEX_STREAM(stream);
	if (g_cancellable_set_error_if_cancelled(cancellable, error))
		return -1;
	while (!self->current || self->at == self->current->n_bytes) {
		if (self->current && self->current->last)
			return 0;
		if (self->current)
			g_async_queue_push(self->empty, self->current);
		self->current = g_async_queue_pop(self->full);
		self->at = 0;
		if (self->current->error) {
			g_propagate_error(error, g_steal_pointer(&self->current->error));
			self->current->n_bytes = 0;
			return -1;
		}
		self->n_lines += self->current->n_lines;
	}
	gsize n = MIN(n_wanted, self->current->n_bytes - self->at);
	memcpy(buffer, self->current->data + self->at, n);
	self->at += n;
	return (gssize)n;
}

static void chunk_free(gpointer data)
{
	struct chunk *chunk = data;
	g_clear_error(&chunk->error);
	g_free(chunk);
}

static void index_stream_finalize(GObject *object)
{
	SbxIndexStream *self = SBX_INDEX_STREAM(object);
	g_atomic_int_set(&self->stop, TRUE);
	/* The thread may wait for an empty chunk; one more than it can have lets it see `stop`. */
	g_async_queue_push(self->empty, g_new0(struct chunk, 1));
	g_thread_join(self->thread);
	if (self->current)
		chunk_free(self->current);
	g_async_queue_unref(self->empty);
	g_async_queue_unref(self->full);
	g_free(self->path);
	g_free(self->where);
	G_OBJECT_CLASS(sbx_index_stream_parent_class)->finalize(object);
}

static void sbx_index_stream_class_init(SbxIndexStreamClass *class)
{
	G_OBJECT_CLASS(class)->finalize = index_stream_finalize;
	G_INPUT_STREAM_CLASS(class)->read_fn = index_stream_read;
}

static void sbx_index_stream_init(SbxIndexStream *self)
{
	self->empty = g_async_queue_new_full(chunk_free);
	self->full = g_async_queue_new_full(chunk_free);
	for (guint i = 0; i < N_CHUNKS; i++)
		g_async_queue_push(self->empty, g_new0(struct chunk, 1));
}

GInputStream *sbx_index_stream_new(const char *path, guint64 max_bytes, const char *where)
{
	SbxIndexStream *self = g_object_new(SBX_TYPE_INDEX_STREAM, NULL);
	self->path = g_strdup(path);
	self->where = g_strdup(where);
	self->max_bytes = max_bytes;
	self->thread = g_thread_new("decompress", decompress, self);
	return G_INPUT_STREAM(self);
}

guint64 sbx_index_stream_n_lines(GInputStream *stream)
{
	return SBX_INDEX_STREAM(stream)->n_lines;
}
