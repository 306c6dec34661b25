; SPDX-License-Identifier: Apache-2.0
; Programs that a text starts, and the calls that calls.conf has rules for.

; new ProcessBuilder("git", "log")
(object_creation_expression
  type: (type_identifier) @_type
  arguments: (argument_list . (string_literal) @command) @line
  (#eq? @_type "ProcessBuilder"))
; new ProcessBuilder(List.of("git", "log")), new ProcessBuilder(new String[] {"git"})
(object_creation_expression
  type: (type_identifier) @_type
  arguments: (argument_list . [
    (method_invocation arguments: (argument_list . (string_literal) @command) @line)
    (array_creation_expression value: (array_initializer . (string_literal) @command) @line)])
  (#eq? @_type "ProcessBuilder"))
; builder.command("git", "log")
(method_invocation
  name: (identifier) @_method
  arguments: (argument_list . [
    (string_literal) @command
    (method_invocation arguments: (argument_list . (string_literal) @command))]) @line
  (#eq? @_method "command"))

; Runtime.getRuntime().exec("ls -l"), .exec(new String[] {"ls", "-l"})
(method_invocation
  object: [(method_invocation name: (identifier) @_runtime) (identifier) @_runtime]
  name: (identifier) @_method
  arguments: (argument_list . [(string_literal) (binary_expression)] @code)
  (#eq? @_method "exec")
  (#any-of? @_runtime "getRuntime" "runtime" "rt" "r")
  (#set! inject "shell"))
(method_invocation
  object: [(method_invocation name: (identifier) @_runtime) (identifier) @_runtime]
  name: (identifier) @_method
  arguments: (argument_list . (array_creation_expression
    value: (array_initializer . (string_literal) @command) @line))
  (#eq? @_method "exec")
  (#any-of? @_runtime "getRuntime" "runtime" "rt" "r"))

; String[] command = {"git", "log"}; new ProcessBuilder(command)
(object_creation_expression
  type: (type_identifier) @_type
  arguments: (argument_list . (identifier) @use)
  (#eq? @_type "ProcessBuilder")
  (#set! use "command")
  (#set! kind "command"))
(method_invocation
  object: (method_invocation name: (identifier) @_runtime)
  name: (identifier) @_method
  arguments: (argument_list . (identifier) @use)
  (#eq? @_method "exec")
  (#eq? @_runtime "getRuntime")
  (#set! use "command")
  (#set! kind "command"))
(variable_declarator
  name: (identifier) @variable
  value: [(array_initializer . (string_literal) @command) @line
          (array_creation_expression value: (array_initializer . (string_literal) @command) @line)
          (method_invocation arguments: (argument_list . (string_literal) @command) @line)
          (object_creation_expression arguments: (argument_list . (method_invocation
            arguments: (argument_list . (string_literal) @command) @line)))]
  (#set! use "command"))
(variable_declarator
  name: (identifier) @variable
  value: (string_literal) @code
  (#set! use "command")
  (#set! inject "shell"))
