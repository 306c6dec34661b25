/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/result.h"

#include "provisioner/record.h"

static const char *const reasons[] = {
#define X(kind, name) [SBX_REASON_##kind] = name,
	SBX_REASON_TABLE(X)
#undef X
};

const char *sbx_reason_name(enum sbx_reason reason)
{
	return reasons[reason];
}

void sbx_result_set_stage(struct sbx_result *result, enum sbx_stage stage, uint64_t from_usec,
			  uint64_t to_usec)
{
	if (!from_usec || to_usec < from_usec)
		return;
	result->stage_usec[stage] = to_usec - from_usec;
	result->stages |= 1U << stage;
}

static void add_number(struct sbx_json *w, const char *key, bool is_known, uint64_t value)
{
	if (is_known)
		sbx_json_int(w, key, (int64_t)value);
	else
		sbx_json_null(w, key);
}

static void add_stages(const struct sbx_result *result, struct sbx_json *w)
{
	static const char *const names[] = {
#define X(kind, name) [SBX_STAGE_##kind] = name,
		SBX_STAGE_TABLE(X)
#undef X
	};
	sbx_json_begin_object(w, "stages");
	for (unsigned i = 0; i < SBX_N_STAGES; i++)
		add_number(w, names[i], result->stages & 1U << i, result->stage_usec[i]);
	sbx_json_end_object(w);
}

static void add_io(const struct sbx_result *result, struct sbx_json *w)
{
	if (!result->has_io) {
		sbx_json_null(w, "io");
		return;
	}
	sbx_json_begin_object(w, "io");
	sbx_json_int(w, "read_bytes", (int64_t)result->read_bytes);
	sbx_json_int(w, "write_bytes", (int64_t)result->write_bytes);
	add_number(w, "read_call_bytes", result->has_io_calls, result->read_call_bytes);
	add_number(w, "write_call_bytes", result->has_io_calls, result->write_call_bytes);
	sbx_json_end_object(w);
}

void sbx_result_add_json(const struct sbx_result *result, const struct sbx_plan *plan,
			 const struct sbx_record *record, struct sbx_buffer *out)
{
	struct sbx_json w = {.out = out};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "format", "sbx-provision-result-1");
	sbx_json_string(&w, "reason", sbx_reason_name(result->reason));
	sbx_json_int(&w, "exit_status", result->exit_status);
	if (result->signal)
		sbx_json_int(&w, "signal", result->signal);
	else
		sbx_json_null(&w, "signal");
	sbx_json_int(&w, "wall_usec", (int64_t)result->wall_usec);
	sbx_json_int(&w, "cpu_usec", (int64_t)result->cpu_usec);
	sbx_json_int(&w, "user_usec", (int64_t)result->user_usec);
	sbx_json_int(&w, "system_usec", (int64_t)result->system_usec);
	sbx_json_int(&w, "peak_memory_bytes", (int64_t)result->peak_memory_bytes);
	sbx_json_int(&w, "oom_kills", (int64_t)result->oom_kills);
	add_number(&w, "output_bytes", result->has_output_bytes, result->output_bytes);
	add_number(&w, "pids_peak", result->pids_peak > 0, result->pids_peak);
	add_io(result, &w);
	add_stages(result, &w);
	if (record)
		sbx_record_add_json(record, &w);
	sbx_json_begin_array(&w, "unenforced");
	for (unsigned c = 0; c < SBX_N_CONTROLLERS; c++)
		if (plan->unenforced & 1U << c)
			sbx_json_string(&w, NULL, sbx_controller_name(c));
	if (plan->unenforced & SBX_UNENFORCED_USERNS)
		sbx_json_string(&w, NULL, "user-namespace");
	if (plan->unenforced & SBX_UNENFORCED_DISK)
		sbx_json_string(&w, NULL, "disk");
	sbx_json_end_array(&w);
	sbx_reductions_add_json(plan->reduced, &w);
	if (result->reason == SBX_REASON_FAILED) {
		sbx_json_begin_object(&w, "error");
		sbx_json_string(&w, "code", sbx_code_name(result->error.code));
		sbx_json_string(&w, "message", result->error.message);
		sbx_json_end_object(&w);
	} else {
		sbx_json_null(&w, "error");
	}
	sbx_json_end_object(&w);
	sbx_buffer_add(out, "\n", 1);
}
