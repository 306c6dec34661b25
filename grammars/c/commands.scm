; SPDX-License-Identifier: Apache-2.0
; Programs that a C or C++ program starts, libraries that it loads, files that it reads.

; system("x -y"), popen("x | y", "r")
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . [(string_literal) (concatenated_string)] @code)
  (#any-of? @_function "system" "popen" "g_spawn_command_line_sync"
    "g_spawn_command_line_async")
  (#set! inject "shell"))

; execlp("x", ...), posix_spawnp(&pid, "x", ...)
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . (string_literal) @command)
  (#any-of? @_function "execl" "execlp" "execle" "execv" "execvp" "execvpe" "execve"))
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . (_) . (string_literal) @command)
  (#any-of? @_function "posix_spawn" "posix_spawnp"))

; char *argv[] = {"x", "-y", NULL}; execvp(argv[0], argv);
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . [
    (identifier) @use
    (subscript_expression argument: (identifier) @use)])
  (#any-of? @_function "execv" "execvp" "execvpe" "execve")
  (#set! use "arguments")
  (#set! kind "command"))
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . (_) . [
    (identifier) @use
    (subscript_expression argument: (identifier) @use)])
  (#any-of? @_function "posix_spawn" "posix_spawnp")
  (#set! use "arguments")
  (#set! kind "command"))
(init_declarator
  declarator: [
    (pointer_declarator declarator: (array_declarator declarator: (identifier) @variable))
    (array_declarator declarator: (identifier) @variable)]
  value: (initializer_list . [(string_literal) (cast_expression value: (string_literal))] @command)
  (#set! use "arguments"))
(init_declarator
  declarator: (pointer_declarator declarator: (identifier) @variable)
  value: (string_literal) @command
  (#set! use "arguments"))

; snprintf(line, sizeof line, "convert %s", ...); system(line);
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . (identifier) @use)
  (#any-of? @_function "system" "popen")
  (#set! use "line")
  (#set! kind "command"))
(init_declarator
  declarator: [
    (pointer_declarator declarator: (identifier) @variable)
    (array_declarator declarator: (identifier) @variable)
    (identifier) @variable]
  value: [
    (string_literal) @code
    (concatenated_string) @code
    (binary_expression left: (string_literal) @code)
    (binary_expression left: (binary_expression left: (string_literal) @code))]
  (#set! use "line")
  (#set! inject "shell"))
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . (identifier) @variable . (_) . [(string_literal) (concatenated_string)] @code)
  (#any-of? @_function "snprintf")
  (#set! use "line")
  (#set! inject "shell"))
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . [
      (identifier) @variable
      (pointer_expression argument: (identifier) @variable)]
    . [(string_literal) (concatenated_string)] @code)
  (#any-of? @_function "sprintf" "asprintf" "strcpy")
  (#set! use "line")
  (#set! inject "shell"))

; dlopen("libx.so.1", ...)
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . (string_literal) @need)
  (#any-of? @_function "dlopen" "dlmopen")
  (#set! kind "library")
  (#set! grade "dynamic-literal"))

; fopen("/usr/share/x", "r")
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . (string_literal) @need)
  (#any-of? @_function "fopen" "open" "stat" "access" "TTF_OpenFont" "al_load_font")
  (#match? @need "^\"/(usr/share|etc/ssl)/")
  (#set! kind "file")
  (#set! grade "implied"))

; What cannot be seen: system(argv[1]), dlopen(path)
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . [(subscript_expression) (call_expression) (field_expression)] @command)
  (#any-of? @_function "system" "popen"))
(call_expression
  function: (identifier) @_function
  arguments: (argument_list . [(identifier) (subscript_expression) (call_expression)] @need)
  (#any-of? @_function "dlopen")
  (#not-any-of? @need "NULL" "nullptr")
  (#set! kind "library"))

; --- where it stands ---

(function_definition
  declarator: (_) @_head
  body: (compound_statement) @region
  (#not-match? @_head "^\\**main *\\(")
  (#set! region "function"))
(if_statement consequence: (_) @region (#set! region "conditional"))
(else_clause (_) @region (#set! region "conditional"))
((case_statement) @region (#set! region "conditional"))
(conditional_expression consequence: (_) @region (#set! region "conditional"))
