; SPDX-License-Identifier: Apache-2.0
; Programs that a text starts.

; exec.Command("git", "log")
(call_expression
  function: (selector_expression) @_function
  arguments: (argument_list . [(interpreted_string_literal) (raw_string_literal)] @command) @line
  (#any-of? @_function "exec.Command"))
; exec.CommandContext(ctx, "git", "log")
(call_expression
  function: (selector_expression) @_function
  arguments: (argument_list . (_) . [(interpreted_string_literal) (raw_string_literal)] @command) @line
  (#any-of? @_function "exec.CommandContext"))
; syscall.Exec("/bin/ls", ...), os.StartProcess("/bin/ls", ...)
(call_expression
  function: (selector_expression) @_function
  arguments: (argument_list . (interpreted_string_literal) @command)
  (#any-of? @_function "syscall.Exec" "os.StartProcess" "unix.Exec"))
; exec.Command(os.Args[1])
(call_expression
  function: (selector_expression) @_function
  arguments: (argument_list . [(index_expression) (call_expression) (selector_expression)] @command)
  (#eq? @_function "exec.Command"))
; exec.LookPath("git"): only asks
(call_expression
  function: (selector_expression) @_function
  arguments: (argument_list . (interpreted_string_literal) @command)
  (#eq? @_function "exec.LookPath")
  (#set! grade "guarded"))

; name := "git"; exec.Command(name, "log")
(call_expression
  function: (selector_expression) @_function
  arguments: (argument_list . (identifier) @use)
  (#eq? @_function "exec.Command")
  (#set! use "command")
  (#set! kind "command"))
(call_expression
  function: (selector_expression) @_function
  arguments: (argument_list . (_) . (identifier) @use)
  (#eq? @_function "exec.CommandContext")
  (#set! use "command")
  (#set! kind "command"))
(short_var_declaration
  left: (expression_list . (identifier) @variable)
  right: (expression_list . (interpreted_string_literal) @command)
  (#set! use "command"))
(assignment_statement
  left: (expression_list . (identifier) @variable)
  right: (expression_list . (interpreted_string_literal) @command)
  (#set! use "command"))
(const_spec
  name: (identifier) @variable
  value: (expression_list . (interpreted_string_literal) @command)
  (#set! use "command"))
(var_spec
  name: (identifier) @variable
  value: (expression_list . (interpreted_string_literal) @command)
  (#set! use "command"))
