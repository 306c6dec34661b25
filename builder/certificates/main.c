/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder/certificates/certificates.h"

#define HOOKS "/etc/ca-certificates/update.d"

/* As the program runs them; $1 is what was added and removed. */
static const char run_hooks[] = "echo \"Running hooks in " HOOKS "...\"\n"
				"run-parts --test -- " HOOKS " | while read -r hook\n"
				"do \"$hook\" <\"$1\" || echo \"E: $hook exited with code $?.\"\n"
				"done\n"
				"echo \"done.\"\n"
				"rm -f \"$1\"\n";

static int has_hooks(void)
{
	return access(HOOKS, F_OK) == 0;
}

int main(int argc, char **argv)
{
	struct sbx_certificates plan = {0};
	char told_path[] = "/tmp/ca-certificates.tmp.XXXXXX";
	int without_hooks = argc == 3 && strcmp(argv[1], "--hooksdir") == 0 && !*argv[2];
	/* Labels of SELinux would be restored by another program. */
	if ((argc != 1 && !without_hooks) || access("/sbin/restorecon", X_OK) == 0 ||
	    sbx_certificates_plan(&plan) < 0) {
		execv(SBX_CERTIFICATES_ORIGINAL, argv);
		perror(SBX_CERTIFICATES_ORIGINAL);
		return 127;
	}
	int fd = mkostemp(told_path, O_CLOEXEC);
	FILE *told = fd < 0 ? NULL : fdopen(fd, "w");
	if (!told) {
		perror(told_path);
		return 1;
	}
	int status = sbx_certificates_apply(&plan, told);
	fclose(told);
	if (status == 0 && !without_hooks && has_hooks()) {
		fflush(stdout);
		execl("/bin/sh", "sh", "-c", run_hooks, "sh", told_path, (char *)NULL);
		perror("/bin/sh");
		return 127;
	}
	unlink(told_path);
	return status;
}
