; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.
(method_invocation
  object: [(identifier) (field_access)] @receiver
  name: (identifier) @call
  arguments: (argument_list) @arguments)
(method_invocation
  . name: (identifier) @call
  arguments: (argument_list) @arguments)
(object_creation_expression
  type: [(type_identifier) (scoped_type_identifier)] @call
  arguments: (argument_list) @arguments)
(variable_declarator
  name: (identifier) @bind.name
  value: (object_creation_expression
    type: [(type_identifier) (scoped_type_identifier)] @bind.result))
(method_declaration name: (identifier) @bind.local)

(variable_declarator name: (identifier) @constant.name value: (string_literal) @constant)
