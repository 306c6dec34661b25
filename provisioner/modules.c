/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/modules.h"

#include <stdlib.h>
#include <string.h>

/* What a package cannot be imported without, in the order in which they are. */
static const struct {
	const char *module, *base;
} bases[] = {
	{"pandas", "numpy"},	  {"scipy", "numpy"},	 {"matplotlib", "numpy"},
	{"sklearn", "scipy"},	  {"skimage", "scipy"},	 {"statsmodels", "pandas"},
	{"statsmodels", "scipy"}, {"seaborn", "pandas"}, {"seaborn", "matplotlib"},
	{"xarray", "pandas"},	  {"networkx", "numpy"}, {"sympy", "mpmath"},
};

static bool has(const struct sbx_modules *modules, const char *name, size_t length)
{
	for (const char *at = modules->text; *at;) {
		size_t n = strcspn(at, ",");
		if (n == length && memcmp(at, name, n) == 0)
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

/* As Python's grammar has them, as far as ASCII goes. */
static bool is_name(const char *name, size_t length)
{
	static const char start[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	bool begins = true;
	for (size_t i = 0; i < length; i++) {
		bool letter = strchr(start, name[i]) != NULL;
		bool digit = name[i] >= '0' && name[i] <= '9';
		if (begins ? !letter : !letter && !digit && name[i] != '.')
			return false;
		begins = name[i] == '.';
	}
	return !begins;
}

static int add(struct sbx_modules *modules, const char *name, size_t length, struct sbx_error *err);

static int add_bases(struct sbx_modules *modules, const char *name, size_t length,
		     struct sbx_error *err)
{
	const char *dot = memrchr(name, '.', length);
	if (dot && add(modules, name, (size_t)(dot - name), err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		if (strlen(bases[i].module) == length &&
		    memcmp(bases[i].module, name, length) == 0 &&
		    add(modules, bases[i].base, strlen(bases[i].base), err) < 0)
			return -1;
	return 0;
}

static int add(struct sbx_modules *modules, const char *name, size_t length, struct sbx_error *err)
{
	if (has(modules, name, length))
		return 0;
	if (!is_name(name, length))
		return sbx_fail(err, SBX_E_USAGE, "%.*s: is no name of a Python module",
				(int)(length < 200 ? length : 200), name);
	if (add_bases(modules, name, length, err) < 0)
		return -1;
	size_t n = strlen(modules->text);
	if (modules->n == SBX_MAX_MODULES || n + length + 2 > sizeof(modules->text))
		return sbx_fail(err, SBX_E_USAGE,
				"more than %d modules, or %d bytes of names; name the large ones",
				SBX_MAX_MODULES, SBX_ZYGOTE_MODULES);
	if (n)
		modules->text[n++] = ',';
	memcpy(modules->text + n, name, length);
	modules->text[n + length] = '\0';
	modules->n++;
	return 0;
}

int sbx_modules_read(const char *text, struct sbx_modules *out, struct sbx_error *err)
{
	struct sbx_modules modules = {0};
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, ",");
		if (add(&modules, at, n, err) < 0)
			return -1;
		at += n;
		if (*at == ',' && !*++at)
			return sbx_fail(err, SBX_E_USAGE, "%s: ends with a comma", text);
	}
	*out = modules;
	return 0;
}

bool sbx_modules_within(const struct sbx_modules *few, const struct sbx_modules *many)
{
	for (const char *at = few->text; *at;) {
		size_t n = strcspn(at, ",");
		if (!has(many, at, n))
			return false;
		at += n + (at[n] == ',');
	}
	return true;
}
