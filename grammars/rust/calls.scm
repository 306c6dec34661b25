; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.
(call_expression
  function: [(scoped_identifier) (identifier)] @call
  arguments: (arguments) @arguments)
(function_item name: (identifier) @bind.local)

(let_declaration pattern: (identifier) @constant.name value: (string_literal) @constant)
(const_item name: (identifier) @constant.name value: (string_literal) @constant)
