; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.

(function_call
  name: [(identifier) (dot_index_expression) (method_index_expression)] @call
  arguments: (arguments) @arguments)

(function_declaration name: (identifier) @bind.local)
(assignment_statement
  (variable_list . name: (identifier) @bind.local)
  (expression_list . value: (function_definition)))

(assignment_statement
  (variable_list . name: (identifier) @constant.name)
  (expression_list . value: [(string) (number) (table_constructor)] @constant))
