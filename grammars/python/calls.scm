; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.

(call function: [(identifier) (attribute)] @call arguments: (argument_list) @arguments)

; df.plot.bar(), df.style: a member that is only read. Rules end in a dot: [.style.]
((attribute) @call (#set! suffix "."))

; SETTING = value, settings["key"] = value
(assignment left: [(identifier) (attribute)] @call right: (_) @argument
  (#set! suffix "="))
(assignment left: (subscript value: [(identifier) (attribute)] @call subscript: (_) @argument)
  right: (_) @argument
  (#set! suffix "[]="))

; @numba.cuda.jit
(decorator [(identifier) (attribute)] @call)

; --- what names stand for ---

(import_from_statement module_name: (dotted_name) @bind.all (wildcard_import))
(function_definition name: (identifier) @bind.local)
(class_definition name: (identifier) @bind.local)

; connection = sqlite3.connect(...), also in a with statement
(assignment left: [(identifier) (attribute)] @bind.name
  right: (call function: [(identifier) (attribute)] @bind.result))
(as_pattern (call function: [(identifier) (attribute)] @bind.result)
  alias: (as_pattern_target (identifier) @bind.name))

(assignment left: (identifier) @constant.name
  right: [(string) (concatenated_string) (integer) (list) (tuple) (dictionary)] @constant)
; Several values are none: what is not to be seen here.
(augmented_assignment left: (identifier) @constant.name right: (_) @constant)
(for_statement left: (identifier) @constant.name right: (_) @constant)
