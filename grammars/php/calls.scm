; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf. A class's name is called with new.

(function_call_expression
  function: [(name) (qualified_name)] @call
  arguments: (arguments) @arguments)
(object_creation_expression
  [(name) (qualified_name)] @call
  (arguments) @arguments)
(scoped_call_expression
  scope: [(name) (qualified_name)] @receiver
  name: (name) @call
  arguments: (arguments) @arguments)
(member_call_expression
  object: [(variable_name) (member_access_expression)] @receiver
  name: (name) @call
  arguments: (arguments) @arguments)

(function_definition name: (name) @bind.local)
(method_declaration name: (name) @bind.local)
(class_declaration name: (name) @bind.local)

(assignment_expression
  left: (variable_name) @constant.name
  right: [(string) (encapsed_string) (integer) (array_creation_expression)] @constant)
