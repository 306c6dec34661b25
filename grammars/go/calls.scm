; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.
(call_expression
  function: [(selector_expression) (identifier)] @call
  arguments: (argument_list) @arguments)
(function_declaration name: (identifier) @bind.local)

(short_var_declaration
  left: (expression_list . (identifier) @constant.name)
  right: (expression_list . (interpreted_string_literal) @constant))
(const_spec
  name: (identifier) @constant.name
  value: (expression_list . (interpreted_string_literal) @constant))
