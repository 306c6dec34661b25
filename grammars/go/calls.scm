; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.
(call_expression
  function: [(selector_expression) (identifier)] @call
  arguments: (argument_list) @arguments)
(function_declaration name: (identifier) @bind.local)
