; SPDX-License-Identifier: Apache-2.0
; What C++ has besides C's ways (queries=c).

; std::system("x -y"), also boost::process::system, ::popen("x", "r")
(call_expression
  function: (qualified_identifier) @_function
  arguments: (argument_list . [
    (string_literal) @code
    (concatenated_string) @code
    (binary_expression left: (string_literal) @code)
    (binary_expression left: (binary_expression left: (string_literal) @code))])
  (#match? @_function "^(std)?::(system|popen)$")
  (#set! inject "shell"))
(call_expression
  function: (qualified_identifier) @_function
  arguments: (argument_list . (string_literal) @command)
  (#match? @_function "^(std)?::(execl|execlp|execle|execv|execvp)$"))
(call_expression
  function: (qualified_identifier) @_function
  arguments: (argument_list . (string_literal) @need)
  (#eq? @_function "::dlopen")
  (#set! kind "library")
  (#set! grade "dynamic-literal"))

; std::string line = "x " + y; std::system(line.c_str());
(call_expression
  function: [(identifier) (qualified_identifier)] @_function
  arguments: (argument_list . [
    (identifier) @use
    (call_expression function: (field_expression argument: (identifier) @use))])
  (#any-of? @_function "system" "std::system" "::system" "popen" "::popen")
  (#set! use "line")
  (#set! kind "command"))
(init_declarator
  declarator: (identifier) @variable
  value: [(argument_list . (string_literal) @code) (initializer_list . (string_literal) @code)]
  (#set! use "line")
  (#set! inject "shell"))

; std::ifstream in("/usr/share/x")
(declaration
  type: (_) @_type
  declarator: (init_declarator
    value: (argument_list . (string_literal) @need))
  (#match? @_type "i?fstream$")
  (#match? @need "^\"/(usr/share|etc/ssl)/")
  (#set! kind "file")
  (#set! grade "implied"))
