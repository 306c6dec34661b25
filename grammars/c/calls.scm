; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.

(call_expression function: (identifier) @call arguments: (argument_list) @arguments)
(function_definition declarator: (function_declarator declarator: (identifier) @bind.local))
(function_definition
  declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @bind.local)))
