; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.

(call_expression
  function: [(identifier) (member_expression)] @call
  arguments: (arguments) @arguments)
(new_expression
  constructor: [(identifier) (member_expression)] @call
  arguments: (arguments) @arguments)
; require("express")().set(...) is seen as express().set(...)
(call_expression
  function: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @call)))
  arguments: (arguments) @arguments
  (#eq? @_require "require"))

; process.setuid = ..., config.client = "pg"
(assignment_expression left: (member_expression) @call right: (_) @argument (#set! suffix "="))

(function_declaration name: (identifier) @bind.local)
(class_declaration name: (_) @bind.local)
(method_definition name: (property_identifier) @bind.local)

(variable_declarator
  name: (identifier) @constant.name
  value: [(string) (template_string) (number) (array) (object)] @constant)
(for_in_statement left: (identifier) @constant.name right: (_) @constant)
