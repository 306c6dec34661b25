/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/certificates/certificates.h"

static void add(char ***list, size_t *n, char *text)
{
	*list = reallocarray(*list, *n + 1, sizeof(char *));
	if (!*list || !text)
		abort();
	(*list)[(*n)++] = text;
}

/* Names that no shell, old or new, takes for anything but a name. */
static int is_plain(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == '\\' || *p == 0x7f)
			return 0;
	return *name != '\0' && name[strlen(name) - 1] != '/';
}

static int is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *sbx_certificates_link(const char *certificate, enum sbx_certificates_name name)
{
	const char *slash = strrchr(certificate, '/');
	char *base = strdup(slash ? slash + 1 : certificate), *link = NULL;
	if (!base)
		abort();
	size_t n = strlen(base);
	if (n > 4 && strcmp(base + n - 4, ".crt") == 0)
		base[n - 4] = '\0';
	for (char *p = base; *p && name == SBX_CERTIFICATES_LINK; p++)
		*p = *p == ',' ? '_' : *p == '(' || *p == ')' ? '=' : *p;
	if (asprintf(&link, SBX_CERTIFICATES_FOLDER "/%s.pem", base) < 0)
		abort();
	free(base);
	return link;
}

static int add_wanted(struct sbx_certificates *plan, const char *folder, const char *name)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		abort();
	add(&plan->wanted, &plan->n_wanted, path);
	char *link = sbx_certificates_link(path, SBX_CERTIFICATES_LINK);
	int is_odd = is_folder(link);
	free(link);
	return is_odd ? -1 : 0;
}

static int read_configuration(struct sbx_certificates *plan)
{
	FILE *file = fopen(SBX_CERTIFICATES_CONFIGURATION, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int status = file ? 0 : -1;
	while (status == 0 && (n = getline(&line, &size, file)) > 0) {
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (n == 0 || line[0] == '#')
			continue;
		const char *name = line + (line[0] == '!');
		if (strlen(line) != (size_t)n || !is_plain(name))
			status = -1;
		else if (line[0] == '!')
			add(&plan->unwanted, &plan->n_unwanted,
			    sbx_certificates_link(name, SBX_CERTIFICATES_UNWANTED));
		else
			status = add_wanted(plan, SBX_CERTIFICATES_SHIPPED, name);
	}
	free(line);
	if (file)
		fclose(file);
	return status;
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Links and folders are looked into by the template's own. */
static int read_local(struct sbx_certificates *plan)
{
	struct dirent **entries = NULL;
	if (!is_folder(SBX_CERTIFICATES_LOCAL))
		return 0;
	int n = scandir(SBX_CERTIFICATES_LOCAL, &entries, NULL, compare), status = n < 0 ? -1 : 0;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		size_t length = strlen(name);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			if (entries[i]->d_type != DT_REG || !is_plain(name))
				status = -1;
			else if (length >= 4 && strcmp(name + length - 4, ".crt") == 0 &&
				 add_wanted(plan, SBX_CERTIFICATES_LOCAL, name) < 0)
				status = -1;
		}
		free(entries[i]);
	}
	free(entries);
	return status;
}

int sbx_certificates_plan(struct sbx_certificates *plan)
{
	struct stat st;
	if (stat(SBX_CERTIFICATES_CONFIGURATION, &st) < 0 || st.st_size == 0 ||
	    !is_folder(SBX_CERTIFICATES_FOLDER) || is_folder(SBX_CERTIFICATES_BUNDLE) ||
	    lstat(SBX_CERTIFICATES_BUNDLE ".new", &st) == 0)
		return -1;
	return read_configuration(plan) < 0 || read_local(plan) < 0 ? -1 : 0;
}
