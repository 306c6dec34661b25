; SPDX-License-Identifier: Apache-2.0
; Programs that a PHP program starts.

; exec("ls $x"), shell_exec("jq " . escapeshellarg($x)): through the shell
(function_call_expression
  function: [(name) (qualified_name)] @_function
  arguments: (arguments . (argument [(string) (encapsed_string) (binary_expression) (heredoc)
    (nowdoc)] @code))
  (#any-of? @_function "exec" "shell_exec" "system" "passthru" "popen" "proc_open" "\\exec"
    "\\shell_exec" "\\system" "\\passthru" "\\popen" "\\proc_open")
  (#set! inject "shell"))
; exec(sprintf("jq %s", $x))
(function_call_expression
  function: (name) @_function
  arguments: (arguments . (argument (function_call_expression
    function: (name) @_format
    arguments: (arguments . (argument [(string) (encapsed_string) (binary_expression)] @code)))))
  (#any-of? @_function "exec" "shell_exec" "system" "passthru" "popen" "proc_open")
  (#any-of? @_format "sprintf" "escapeshellcmd" "vsprintf")
  (#set! inject "shell"))
; `ls -l $x`
((shell_command_expression) @code (#set! inject "shell"))
(function_call_expression
  function: (name) @_function
  arguments: (arguments . (argument (variable_name) @use))
  (#any-of? @_function "exec" "shell_exec" "system" "passthru" "popen" "proc_open")
  (#set! use "line")
  (#set! kind "command"))
(assignment_expression
  left: (variable_name) @variable
  right: [(string) (encapsed_string) (binary_expression)] @code
  (#set! use "line")
  (#set! inject "shell"))
(assignment_expression
  left: (variable_name) @variable
  right: (function_call_expression
    function: (name) @_format
    arguments: (arguments . (argument [(string) (encapsed_string) (binary_expression)] @code)))
  (#any-of? @_format "sprintf" "escapeshellcmd")
  (#set! use "line")
  (#set! inject "shell"))

; proc_open(["ffmpeg", "-i"], ...), new Process(["git", "log"])
(function_call_expression
  function: [(name) (qualified_name)] @_function
  arguments: (arguments . (argument (array_creation_expression
    . (array_element_initializer (string)) @command) @line))
  (#any-of? @_function "proc_open" "\\proc_open"))
(object_creation_expression
  [(name) (qualified_name)] @_class
  (arguments . (argument (array_creation_expression
    . (array_element_initializer (string)) @command) @line))
  (#resolves? @_class "Symfony\\Component\\Process\\Process"))
(assignment_expression
  left: (variable_name) @variable
  right: (array_creation_expression . (array_element_initializer (string)) @command) @line
  (#set! use "line"))
; pcntl_exec("/usr/bin/x", [...])
(function_call_expression
  function: [(name) (qualified_name)] @_function
  arguments: (arguments . (argument (string) @command))
  (#any-of? @_function "pcntl_exec" "\\pcntl_exec"))

; Anything else that is computed
(function_call_expression
  function: (name) @_function
  arguments: (arguments . (argument
    [(subscript_expression) (member_access_expression) (member_call_expression)] @command))
  (#any-of? @_function "exec" "shell_exec" "system" "passthru" "popen" "proc_open"))

; What the program's own functions are called with, when they start it
(function_definition
  name: (name) @function
  parameters: (formal_parameters) @parameters) @function.body
(method_declaration
  name: (name) @function
  parameters: (formal_parameters) @parameters) @function.body
(function_call_expression
  function: (name) @passed
  arguments: (arguments . (argument [(string) (encapsed_string) (binary_expression)] @code))
  (#set! use "line")
  (#set! place "1")
  (#set! inject "shell"))
(member_call_expression
  name: (name) @passed
  arguments: (arguments . (argument [(string) (encapsed_string) (binary_expression)] @code))
  (#set! use "line")
  (#set! place "1")
  (#set! inject "shell"))
(scoped_call_expression
  name: (name) @passed
  arguments: (arguments . (argument [(string) (encapsed_string) (binary_expression)] @code))
  (#set! use "line")
  (#set! place "1")
  (#set! inject "shell"))
