; SPDX-License-Identifier: Apache-2.0
; Programs that a text starts.

; Command::new("git"), std::process::Command::new("git")
(call_expression
  function: (scoped_identifier) @_function
  arguments: (arguments . [(string_literal) (raw_string_literal)] @command)
  (#match? @_function "(^|::)Command::new$"))
; Command::new("sh").arg("-c").arg("ls | wc"), Command::new("sh").args(["-c", "ls"])
(call_expression
  function: (field_expression
    value: (call_expression
      function: (field_expression
        value: (call_expression
          function: (scoped_identifier) @_function
          arguments: (arguments . (string_literal) @_shell)))
      arguments: (arguments . (string_literal) @_option))
    field: (field_identifier) @_arg)
  arguments: (arguments . (string_literal) @code)
  (#match? @_function "(^|::)Command::new$")
  (#any-of? @_shell "\"sh\"" "\"bash\"" "\"/bin/sh\"" "\"/bin/bash\"")
  (#match? @_option "^.-[a-z]*c.$")
  (#eq? @_arg "arg")
  (#set! inject "shell"))
(call_expression
  function: (field_expression
    value: (call_expression
      function: (scoped_identifier) @_function
      arguments: (arguments . (string_literal) @_shell))
    field: (field_identifier) @_args)
  arguments: (arguments . [
    (reference_expression (array_expression . (string_literal) @_option . (string_literal) @code))
    (array_expression . (string_literal) @_option . (string_literal) @code)])
  (#match? @_function "(^|::)Command::new$")
  (#any-of? @_shell "\"sh\"" "\"bash\"" "\"/bin/sh\"" "\"/bin/bash\"")
  (#match? @_option "^.-[a-z]*c.$")
  (#eq? @_args "args")
  (#set! inject "shell"))
(call_expression
  function: (scoped_identifier) @_function
  arguments: (arguments . (identifier) @use)
  (#match? @_function "(^|::)Command::new$")
  (#set! use "command")
  (#set! kind "command"))
(let_declaration
  pattern: (identifier) @variable
  value: (string_literal) @command
  (#set! use "command"))
(const_item
  name: (identifier) @variable
  value: (string_literal) @command
  (#set! use "command"))
