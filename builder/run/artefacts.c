/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/artefacts.h"

#include <errno.h>
#include <fcntl.h>

#include "base/collect.h"
#include "base/fd.h"
#include "store/gerror.h"

gboolean sbx_artefacts_hand_out(struct sbx_artefacts *artefacts, const char *from, GError **error)
{
	struct sbx_collect collect = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	if (g_mkdir_with_parents(artefacts->to, 0755) < 0)
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "--output %s", artefacts->to);
	SBX_CLEANUP_FD int from_dfd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SBX_CLEANUP_FD int to_dfd = open(artefacts->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from_dfd < 0 || to_dfd < 0)
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "--output %s", artefacts->to);
	if (sbx_collect_below(from_dfd, to_dfd, &collect, &err) < 0) {
		sbx_error_prefix(&err, "--output %s", artefacts->to);
		return sbx_set_error_from(error, &err);
	}
	artefacts->n_files = (guint)collect.n_files;
	return TRUE;
}
