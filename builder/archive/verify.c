/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/archive/deb822.h"
#include "store/gerror.h"

#define MAX_RELEASE_BYTES (64 << 20)

/* What the signatures came to. */
struct verdict {
	guint n_good;
	char *bad, *expired, *revoked, *missing, *other; /* key ids: the last of each kind */
	gboolean unsigned_data;				 /* gpgv met what no signature covers */
};

static void verdict_release(struct verdict *v)
{
	g_free(v->bad);
	g_free(v->expired);
	g_free(v->revoked);
	g_free(v->missing);
	g_free(v->other);
}

static void set(char **slot, const char *key)
{
	g_free(*slot);
	*slot = g_strdup(key ? key : "?");
}

static gboolean is_allowed(const struct sbx_keyring *keyring, char **words)
{
	guint n = g_strv_length(words);
	if (keyring->fingerprints->len == 0)
		return TRUE;
	for (guint i = 0; i < keyring->fingerprints->len; i++) {
		const char *wanted = keyring->fingerprints->pdata[i];
		/* VALIDSIG: the signing key's fingerprint first, its primary key's last. */
		if (g_str_has_suffix(words[1], wanted) || g_str_has_suffix(words[n - 1], wanted))
			return TRUE;
	}
	return FALSE;
}

static void take_status(struct verdict *v, char **words, const struct sbx_keyring *keyring)
{
	const char *keyword = words[0], *key = words[0] ? words[1] : NULL;
	if (!keyword)
		return;
	if (g_str_equal(keyword, "VALIDSIG") && key) {
		if (is_allowed(keyring, words))
			v->n_good++;
		else
			set(&v->missing, key);
	} else if (g_str_equal(keyword, "BADSIG")) {
		set(&v->bad, key);
	} else if (g_str_equal(keyword, "EXPSIG") || g_str_equal(keyword, "EXPKEYSIG")) {
		set(&v->expired, key);
	} else if (g_str_equal(keyword, "REVKEYSIG")) {
		set(&v->revoked, key);
	} else if (g_str_equal(keyword, "NO_PUBKEY")) {
		set(&v->missing, key);
	} else if (g_str_equal(keyword, "ERRSIG")) {
		set(&v->other, key);
	} else if (g_str_equal(keyword, "NODATA") || g_str_equal(keyword, "UNEXPECTED")) {
		v->unsigned_data = TRUE;
	}
}

static gboolean fail(const char *where, const char *key, const char *reason, const char *way_out,
		     GError **error)
{
	return sbx_set_error(error, SBX_E_UNTRUSTED, "%s: %s%s%s; %s", where, reason,
			     key ? " " : "", key ? key : "", way_out);
}

/* No good signature: the reason that helps most. Always FALSE. */
static gboolean refuse(const struct verdict *v, const struct sbx_keyring *keyring,
		       const char *where, GError **error)
{
	static const char *const renew =
		"update the archive's keyring package or give --keyring FILE";
	if (v->expired)
		return fail(where, v->expired,
			    "signed with a key or signature that has expired; key", renew, error);
	if (v->revoked)
		return fail(where, v->revoked, "signed with a revoked key; key", renew, error);
	if (v->missing) {
		g_autofree char *reason =
			g_strdup_printf("no signature by a key of %s, but by", keyring->shown->str);
		return fail(where, v->missing, reason,
			    "install the archive's keyring package or give --keyring FILE", error);
	}
	if (v->other)
		return fail(where, v->other, "its signature cannot be checked; key",
			    "use another mirror", error);
	return fail(where, NULL, "has no signature", "use another mirror, or --trusted if you must",
		    error);
}

gboolean sbx_verify_judge(const char *status, const struct sbx_keyring *keyring, const char *where,
			  GError **error)
{
	__attribute__((cleanup(verdict_release))) struct verdict v = {0};
	g_auto(GStrv) lines = g_strsplit(status, "\n", -1);
	/* EXPKEYSIG and REVKEYSIG stand in GOODSIG's place, and a VALIDSIG follows them all the
	 * same: it counts only after a GOODSIG. */
	gboolean good = FALSE;
	for (char **line = lines; *line; line++) {
		if (!g_str_has_prefix(*line, "[GNUPG:] "))
			continue;
		g_auto(GStrv) words = sbx_split_words(*line + strlen("[GNUPG:] "), " ");
		if (!words[0])
			continue;
		if (g_str_equal(words[0], "NEWSIG"))
			good = FALSE;
		else if (g_str_equal(words[0], "GOODSIG"))
			good = TRUE;
		else if (good || !g_str_equal(words[0], "VALIDSIG"))
			take_status(&v, words, keyring);
	}
	if (v.bad)
		return fail(where, v.bad,
			    "BAD signature: the file was changed after it was signed; key",
			    "use another mirror", error);
	if (v.n_good && v.unsigned_data)
		return fail(where, NULL, "holds data beside what is signed", "use another mirror",
			    error);
	return v.n_good || refuse(&v, keyring, where, error);
}

static int memory_file(const char *name, GError **error)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	if (fd < 0)
		sbx_set_error_os(error, SBX_E_FAILED, errno, "memfd_create");
	return fd;
}

static char *read_back(int fd, const char *where, gsize *out_n_bytes, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	size_t n;
	char *text = sbx_read_file(-1, path, MAX_RELEASE_BYTES, &n, &err);
	if (!text) {
		sbx_set_error_from(error, &err);
		g_prefix_error(error, "%s: ", where);
		return NULL;
	}
	*out_n_bytes = n;
	return text;
}

enum { STATUS_FD = 3, KEYRING_FD = 4 };

static GPtrArray *gpgv_arguments(const struct sbx_keyring *keyring, const char *path,
				 const char *signature_path)
{
	GPtrArray *arguments = g_ptr_array_new();
	/* A home that is nowhere: the caller's own keys must not count. */
	static const char *const fixed[] = {"gpgv", "--homedir",     "/nonexistent", "--status-fd",
					    "3",    "--weak-digest", "SHA1"};
	for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(arguments, (gpointer)fixed[i]);
	if (keyring->fd >= 0) {
		g_ptr_array_add(arguments, (gpointer) "--keyring");
		g_ptr_array_add(arguments, (gpointer) "/proc/self/fd/4");
	}
	for (guint i = 0; i < keyring->boxes->len; i++) {
		g_ptr_array_add(arguments, (gpointer) "--keyring");
		g_ptr_array_add(arguments, keyring->boxes->pdata[i]);
	}
	if (!signature_path) {
		g_ptr_array_add(arguments, (gpointer) "--output");
		g_ptr_array_add(arguments, (gpointer) "-");
	} else {
		g_ptr_array_add(arguments, (gpointer)signature_path);
	}
	g_ptr_array_add(arguments, (gpointer)path);
	g_ptr_array_add(arguments, NULL);
	return arguments;
}

/* Results go to memory files: nothing that the signed file says can make a pipe block. */
static gboolean run_gpgv(const struct sbx_keyring *keyring, const char *path,
			 const char *signature_path, int status_fd, int text_fd, GError **error)
{
	g_autoptr(GPtrArray) arguments = gpgv_arguments(keyring, path, signature_path);
	g_autoptr(GSubprocessLauncher) launcher =
		g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_SILENCE);
	g_subprocess_launcher_take_fd(launcher, fcntl(status_fd, F_DUPFD_CLOEXEC, 0), STATUS_FD);
	g_subprocess_launcher_take_stdout_fd(launcher, fcntl(text_fd, F_DUPFD_CLOEXEC, 0));
	if (keyring->fd >= 0)
		g_subprocess_launcher_take_fd(launcher, fcntl(keyring->fd, F_DUPFD_CLOEXEC, 0),
					      KEYRING_FD);
	g_autoptr(GError) problem = NULL;
	g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(
		launcher, (const char *const *)arguments->pdata, &problem);
	if (!process)
		return sbx_set_error(error, SBX_E_UNSUPPORTED, "gpgv: %s; install the package gpgv",
				     problem->message);
	return g_subprocess_wait(process, NULL, error);
}

char *sbx_verify_release(const char *path, const char *signature_path,
			 const struct sbx_keyring *keyring, const char *where, gsize *out_n_bytes,
			 GError **error)
{
	SBX_CLEANUP_FD int status_fd = memory_file("status", error);
	SBX_CLEANUP_FD int text_fd = memory_file("text", error);
	gsize n_bytes = 0, n_status;
	if (status_fd < 0 || text_fd < 0 ||
	    !run_gpgv(keyring, path, signature_path, status_fd, text_fd, error))
		return NULL;
	SBX_CLEANUP_FREE char *status = read_back(status_fd, where, &n_status, error);
	if (!status || !sbx_verify_judge(status, keyring, where, error))
		return NULL;
	if (!signature_path)
		return read_back(text_fd, where, out_n_bytes, error);
	struct sbx_error err = SBX_ERROR_INIT;
	char *text = sbx_read_file(AT_FDCWD, path, MAX_RELEASE_BYTES, &n_bytes, &err);
	if (!text)
		sbx_set_error_from(error, &err);
	*out_n_bytes = n_bytes;
	return text;
}

/* RFC 9580, 7: headers up to an empty line, "- " before lines that begin with a dash. */
char *sbx_verify_strip_signature(const char *path, const char *where, gsize *out_n_bytes,
				 GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	size_t n_bytes;
	SBX_CLEANUP_FREE char *text =
		sbx_read_file(AT_FDCWD, path, MAX_RELEASE_BYTES, &n_bytes, &err);
	if (!text) {
		sbx_set_error_from(error, &err);
		g_prefix_error(error, "%s: ", where);
		return NULL;
	}
	GString *plain = g_string_new(NULL);
	gboolean in_head = g_str_has_prefix(text, "-----BEGIN PGP SIGNED MESSAGE-----");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "-----BEGIN PGP SIGNATURE-----"))
			break;
		if (!in_head)
			g_string_append_printf(plain, "%s\n",
					       *line + (g_str_has_prefix(*line, "- ") ? 2 : 0));
		else if (**line == '\0' || g_str_equal(*line, "\r"))
			in_head = FALSE;
	}
	*out_n_bytes = plain->len;
	return g_string_free(plain, FALSE);
}
