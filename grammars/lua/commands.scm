; SPDX-License-Identifier: Apache-2.0
; Programs that a Lua program starts: always through the shell.

; os.execute("ls -l " .. x), io.popen(string.format("jq %s", x))
(function_call
  name: [(identifier) (dot_index_expression)] @_function
  arguments: (arguments . [(string) (binary_expression)] @code)
  (#resolves? @_function "os.execute" "io.popen")
  (#set! inject "shell"))
(function_call
  name: [(identifier) (dot_index_expression)] @_function
  arguments: (arguments . (function_call
    name: (dot_index_expression) @_format
    arguments: (arguments . (string) @code)))
  (#resolves? @_function "os.execute" "io.popen")
  (#eq? @_format "string.format")
  (#set! inject "shell"))
; os.execute(("jq %s"):format(x))
(function_call
  name: [(identifier) (dot_index_expression)] @_function
  arguments: (arguments . (function_call
    name: (method_index_expression table: (parenthesized_expression (string) @code))))
  (#resolves? @_function "os.execute" "io.popen")
  (#set! inject "shell"))
(function_call
  name: [(identifier) (dot_index_expression)] @_function
  arguments: (arguments . (identifier) @use)
  (#resolves? @_function "os.execute" "io.popen")
  (#set! use "line")
  (#set! kind "command"))
(assignment_statement
  (variable_list . name: (identifier) @variable)
  (expression_list . value: [(string) (binary_expression)] @code)
  (#set! use "line")
  (#set! inject "shell"))
(assignment_statement
  (variable_list . name: (identifier) @variable)
  (expression_list . value: (function_call
    name: (dot_index_expression) @_format
    arguments: (arguments . (string) @code)))
  (#eq? @_format "string.format")
  (#set! use "line")
  (#set! inject "shell"))

; posix.exec("/usr/bin/x", ...), posix.spawn({"x", ...})
(function_call
  name: [(identifier) (dot_index_expression)] @_function
  arguments: (arguments . (string) @command)
  (#resolves? @_function "posix.exec" "posix.execp" "posix.unistd.exec" "posix.unistd.execp"))
(function_call
  name: [(identifier) (dot_index_expression)] @_function
  arguments: (arguments . (table_constructor . (field value: (string) @command)) @line)
  (#resolves? @_function "posix.spawn" "posix.popen"))

; Anything else that is computed
(function_call
  name: [(identifier) (dot_index_expression)] @_function
  arguments: (arguments . [(bracket_index_expression) (dot_index_expression)] @command)
  (#resolves? @_function "os.execute" "io.popen"))

; What the program's own functions are called with, when they start it
(function_declaration
  name: (identifier) @function
  parameters: (parameters) @parameters) @function.body
(function_call
  name: (identifier) @passed
  arguments: (arguments . [(string) (binary_expression)] @code)
  (#set! use "line")
  (#set! place "1")
  (#set! inject "shell"))
