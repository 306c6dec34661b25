/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/certificates/certificates.h"

#define BUNDLE_NEW SBX_CERTIFICATES_BUNDLE ".new"

extern char **environ;

static int complain(const char *path)
{
	perror(path);
	return 1;
}

/* ln -sf, unless the link leads there already. */
static int make_link(const char *certificate, FILE *told, unsigned *n_added)
{
	char target[PATH_MAX];
	struct stat st;
	char *link = sbx_certificates_link(certificate, SBX_CERTIFICATES_LINK);
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	int status = 0;
	if (stat(link, &st) < 0 || strcmp(target, certificate) != 0) {
		unlink(link);
		if (symlink(certificate, link) < 0)
			status = complain(link);
		fprintf(told, "+%s\n", link);
		++*n_added;
	}
	free(link);
	return status;
}

/* With a newline at the end, whether the certificate has one or not. */
static int append(FILE *bundle, const char *certificate)
{
	char chunk[16384], last = '\n';
	size_t n;
	FILE *file = fopen(certificate, "re");
	if (!file)
		return complain(certificate);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		fwrite(chunk, 1, n, bundle);
		last = chunk[n - 1];
	}
	int failed = ferror(file);
	fclose(file);
	if (last != '\n')
		fputc('\n', bundle);
	return failed ? complain(certificate) : 0;
}

static int remove_orphan(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	struct stat behind;
	(void)st, (void)where;
	if (kind == FTW_SL && stat(path, &behind) < 0)
		unlink(path);
	return 0;
}

/* Those that lead nowhere would make it fail. */
static int rehash(void)
{
	char *argv[] = {"openssl", "rehash", ".", NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = 0;
	nftw(SBX_CERTIFICATES_FOLDER, remove_orphan, 16, FTW_PHYS);
	if (chdir(SBX_CERTIFICATES_FOLDER) < 0)
		return complain(SBX_CERTIFICATES_FOLDER);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, "openssl", &actions, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) < 0)
		return complain("openssl");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Only certificates that are there make a bundle. */
static int write_bundle(const struct sbx_certificates *plan, FILE *told, unsigned *n_added)
{
	FILE *bundle = NULL;
	struct stat st;
	int status = 0;
	for (size_t i = 0; i < plan->n_wanted && status == 0; i++) {
		const char *path = plan->wanted[i];
		if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
			fprintf(stderr, "W: %s not found, but listed in %s.\n", path,
				SBX_CERTIFICATES_CONFIGURATION);
			continue;
		}
		if (!bundle && !(bundle = fopen(BUNDLE_NEW, "wxe")))
			return complain(BUNDLE_NEW);
		status = make_link(path, told, n_added) || append(bundle, path);
	}
	if (bundle && fclose(bundle) != 0 && status == 0)
		status = complain(BUNDLE_NEW);
	return status;
}

static int publish_bundle(void)
{
	if (access(BUNDLE_NEW, F_OK) < 0)
		return 0;
	if (chmod(BUNDLE_NEW, 0644) < 0 || rename(BUNDLE_NEW, SBX_CERTIFICATES_BUNDLE) < 0)
		return complain(SBX_CERTIFICATES_BUNDLE);
	return 0;
}

int sbx_certificates_apply(const struct sbx_certificates *plan, FILE *told)
{
	unsigned n_added = 0, n_removed = 0;
	char *removed = NULL;
	size_t size = 0;
	FILE *later = open_memstream(&removed, &size); /* told behind what was added */
	struct stat st;
	if (!later)
		abort();
	setlinebuf(stdout);
	printf("Updating certificates in %s...\n", SBX_CERTIFICATES_FOLDER);
	for (size_t i = 0; i < plan->n_unwanted; i++) {
		if (lstat(plan->unwanted[i], &st) < 0 || !S_ISLNK(st.st_mode))
			continue;
		unlink(plan->unwanted[i]);
		fprintf(later, "-%s\n", plan->unwanted[i]);
		n_removed++;
	}
	int status = write_bundle(plan, told, &n_added);
	if (status == 0 && n_added + n_removed > 0)
		status = rehash();
	if (status == 0)
		status = publish_bundle();
	fclose(later);
	fputs(removed, told);
	free(removed);
	if (status != 0)
		unlink(BUNDLE_NEW);
	else
		printf("%u added, %u removed; done.\n", n_added, n_removed);
	return status;
}
