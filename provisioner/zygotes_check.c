/* SPDX-License-Identifier: Apache-2.0 */
/* What a zygote cannot give, or may not. Whoever asks for one shall be told, not served less. */
#include <string.h>
#include <unistd.h>

#include "provisioner/ids.h"
#include "provisioner/zygotes.h"

/*
 * Variables that count when the interpreter, the loader or a library starts; it has started. An
 * entry that ends with _ or is PYTHON, MALLOC or MPL stands for all that begin so.
 */
static const char *const early[] = {
	"PYTHON", "LD_",  "MALLOC", "GLIBC_", "LC_",	  "LANG=", "LANGUAGE=", "OPENBLAS_",
	"OMP_",	  "MKL_", "BLIS_",  "GOTO_",  "NUMEXPR_", "NPY_",  "MPL",	"OPENSSL_",
};

/* Those that a zygote was started with. */
static const char *const same[] = {"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "LC_CTYPE=C.UTF-8"};

static const char *find_early(const struct sbx_options *o)
{
	for (size_t i = 0; i < o->n_env; i++) {
		bool is_same = false;
		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++)
			is_same = is_same || strcmp(o->env[i], same[k]) == 0;
		for (size_t k = 0; !is_same && k < sizeof(early) / sizeof(early[0]); k++)
			if (strncmp(o->env[i], early[k], strlen(early[k])) == 0)
				return o->env[i];
	}
	return NULL;
}

/* python3 [-c TEXT | -m MODULE | - | FILE] ARG...: options are for the interpreter's start. */
static int check_words(char **words, struct sbx_error *err)
{
	const char *form = words[1];
	if (!form || form[0] != '-' || strcmp(form, "-") == 0)
		return 0;
	if (strcmp(form, "-c") != 0 && strcmp(form, "-m") != 0)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: %s: options of the interpreter count when it starts, and "
				"a zygote has; leave it out, or start without a zygote",
				form);
	if (!words[2])
		return sbx_fail(err, SBX_E_USAGE, "zygote: %s %s: an argument is missing", words[0],
				form);
	return 0;
}

static int check_rights(const struct sbx_options *o, uint32_t first_id, struct sbx_error *err)
{
	if (o->policy.no_zygote)
		return sbx_fail(err, SBX_E_DENIED,
				"zygote: a policy forbids it (zygote=no, as paranoid has it); "
				"start without one");
	if (o->profile != SBX_PROFILE_TASK || o->policy.capabilities)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: --profile build and --cap are not for tasks of a zygote; "
				"start without one");
	if (o->policy.net != SBX_NET_NONE)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: the host's network cannot be joined by what has no rights "
				"there; leave out --net, or start without one");
	/* Without it an ordinary user's root is nobody else either. */
	if (o->policy.userns > SBX_USERNS_AUTO && geteuid() == 0 && !first_id)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: --user-namespace yes: ids cannot be mapped where its "
				"template or sbx-zygote.so lies, so that root inside is root "
				"outside, though without capabilities; ask for auto, if policies "
				"allow it, or start without one");
	if (first_id && o->layer)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: --layer: it would be written to by a user of the host's "
				"that nobody has; start without a zygote");
	if (first_id && o->uid >= SBX_IDS_IN_EACH)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: --user %u: the last number inside is %u", o->uid,
				SBX_IDS_IN_EACH - 1);
	if (o->record & (SBX_RECORD_CALLS | SBX_RECORD_NETWORK))
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: --record calls and network: whatever is forked has begun "
				"before it could be watched; ask for files, or start without one");
	return 0;
}

int sbx_zygotes_check(const char *python, uint32_t first_id, const struct sbx_options *o,
		      struct sbx_error *err)
{
	const char *variable = find_early(o);
	if (check_rights(o, first_id, err) < 0)
		return -1;
	if (!o->command || !o->command[0])
		return sbx_fail(err, SBX_E_USAGE,
				"zygote: the command is missing; it must be python3");
	if (strcmp(o->command[0], python) != 0)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: %s: the command must be %s, the interpreter that is warm",
				o->command[0], python);
	if (variable)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"zygote: --env %.*s: counts when the interpreter starts, and a "
				"zygote has; leave it out, or start without a zygote",
				(int)strcspn(variable, "="), variable);
	return check_words(o->command, err);
}
