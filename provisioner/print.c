/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

int sbx_print(const struct sbx_buffer *text)
{
	if (!text->failed && sbx_write_all(STDOUT_FILENO, text->data, text->n_bytes) == 0)
		return 0;
	fprintf(stderr, "sbx-provision: standard output: %s\n",
		strerror(text->failed ? ENOMEM : errno));
	return sbx_code_exit_status(SBX_E_SANDBOX);
}
