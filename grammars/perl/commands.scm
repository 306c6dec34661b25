; SPDX-License-Identifier: Apache-2.0
; Programs that a text starts.

; `ls -l`, qx{ls -l}
((command_string) @code
  (#not-match? @code "^(`|qx *.) *\\$")
  (#set! inject "shell"))
(func1op_call_expression
  function: "readpipe"
  [(string_literal) (interpolated_string_literal)] @code
  (#set! inject "shell"))

; system("ls -l | wc"), exec "ls", readpipe("ls"), system(qw(ls -l))
([(function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal) (quoted_word_list)] @code)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal) (quoted_word_list)] @code)]
  (#any-of? @_function "system" "exec" "readpipe" "systemx" "capturex" "CORE::system"
    "CORE::exec")
  (#set! inject "shell"))
; "ls -l " . $x
([(function_call_expression
    function: (function) @_function
    arguments: (binary_expression) @code)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (binary_expression) @code)]
  (#any-of? @_function "system" "exec" "readpipe")
  (#set! inject "shell"))

; system("tar", "xf", $file)
([(function_call_expression
    function: (function) @_function
    arguments: (list_expression
      . [(string_literal) (interpolated_string_literal)] @command) @line)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression
      . [(string_literal) (interpolated_string_literal)] @command) @line)]
  (#any-of? @_function "system" "exec" "systemx" "capturex" "CORE::system" "CORE::exec"))
; system { "/bin/tar" } "tar", "xf"
(indirect_object
  (block . (expression_statement [(string_literal) (interpolated_string_literal)] @command)))

; open($fh, "-|", "sort", $x), open($fh, "|-", "mail root")
([(function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_)
      . [(string_literal) (interpolated_string_literal)] @_mode
      . [(string_literal) (interpolated_string_literal)] @code .))
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_)
      . [(string_literal) (interpolated_string_literal)] @_mode
      . [(string_literal) (interpolated_string_literal)] @code .))]
  (#eq? @_function "open")
  (#match? @_mode "^.(-[|]|[|]-)")
  (#set! inject "shell"))
([(function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_)
      . [(string_literal) (interpolated_string_literal)] @_mode
      . [(string_literal) (interpolated_string_literal)] @command
      . (_)) @line)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_)
      . [(string_literal) (interpolated_string_literal)] @_mode
      . [(string_literal) (interpolated_string_literal)] @command
      . (_)) @line)]
  (#eq? @_function "open")
  (#match? @_mode "^.(-[|]|[|]-)"))
; open(FH, "ls |"), open(FH, "| mail root")
([(function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_)
      . [(string_literal) (interpolated_string_literal)] @code .))
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_)
      . [(string_literal) (interpolated_string_literal)] @code .))]
  (#eq? @_function "open")
  (#match? @code "^.( *[|]|.*[|] *.$)")
  (#set! inject "shell"))

; open3($in, $out, $err, "bc", "-l"), open2($out, $in, "bc")
([(function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_) . (_)
      . [(string_literal) (interpolated_string_literal)] @command) @line)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_) . (_)
      . [(string_literal) (interpolated_string_literal)] @command) @line)]
  (#any-of? @_function "open3" "IPC::Open3::open3")
  (#not-match? @command " "))
([(function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_)
      . [(string_literal) (interpolated_string_literal)] @command) @line)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_)
      . [(string_literal) (interpolated_string_literal)] @command) @line)]
  (#any-of? @_function "open2" "IPC::Open2::open2")
  (#not-match? @command " "))
([(function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_)
      [(string_literal) (interpolated_string_literal)] @code .))
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_)
      [(string_literal) (interpolated_string_literal)] @code .))]
  (#any-of? @_function "open2" "open3" "IPC::Open2::open2" "IPC::Open3::open3")
  (#match? @code " ")
  (#set! inject "shell"))

; IPC::Run: run ['sort', '-u'], \$in
([(ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (anonymous_array_expression
      (list_expression . [(string_literal) (interpolated_string_literal)] @command) @line)))
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression . (anonymous_array_expression
      (list_expression . [(string_literal) (interpolated_string_literal)] @command) @line)))
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (anonymous_array_expression
      . [(string_literal) (interpolated_string_literal)] @command)))
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (anonymous_array_expression
      (list_expression . [(string_literal) (interpolated_string_literal)] @command) @line))]
  (#any-of? @_function "run" "start" "harness" "IPC::Run::run"))
([(ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (anonymous_array_expression . (quoted_word_list) @code)))
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression . (anonymous_array_expression . (quoted_word_list) @code)))
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (anonymous_array_expression . (quoted_word_list) @code))]
  (#any-of? @_function "run" "start" "harness" "IPC::Run::run")
  (#set! inject "shell"))

; which('git'), can_run('git'): only ask, unless the program ends without it
([(function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal)] @command)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal)] @command)]
  (#any-of? @_function "which" "can_run" "File::Which::which" "IPC::Cmd::can_run")
  (#set! grade "guarded"))
(lowprec_logical_expression
  left: [(assignment_expression right: (function_call_expression
           function: (function) @_function
           arguments: [(string_literal) (interpolated_string_literal)] @command))
         (function_call_expression
           function: (function) @_function
           arguments: [(string_literal) (interpolated_string_literal)] @command)]
  operator: "or"
  right: [(function) @_die
          (ambiguous_function_call_expression function: (function) @_die)
          (function_call_expression function: (function) @_die)]
  (#any-of? @_function "which" "can_run" "File::Which::which" "IPC::Cmd::can_run")
  (#any-of? @_die "die" "croak" "confess"))

; my @command = ("tar", "xf", $x); system(@command); my $command = "..."; system($command)
([(function_call_expression function: (function) @_function arguments: [(scalar) (array)] @use)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: [(scalar) (array)] @use)]
  (#any-of? @_function "system" "exec" "readpipe" "systemx" "capturex")
  (#set! use "command")
  (#set! kind "command"))
(command_string content: (string_content . (scalar) @use) @_content
  (#match? @_content "^\\$")
  (#set! use "command")
  (#set! kind "command"))
(assignment_expression
  left: [(array) @variable (variable_declaration variable: (array) @variable)]
  right: (parenthesized_expression
    (list_expression . [(string_literal) (interpolated_string_literal)] @command) @line)
  (#set! use "command"))
(assignment_expression
  left: [(array) @variable (variable_declaration variable: (array) @variable)]
  right: [(quoted_word_list) @code
          (parenthesized_expression . [(string_literal) (interpolated_string_literal)] @code)]
  (#set! use "command")
  (#set! inject "shell"))
(assignment_expression
  left: [(scalar) @variable (variable_declaration variable: (scalar) @variable)]
  right: [(string_literal) (interpolated_string_literal)] @code
  (#set! use "command")
  (#set! inject "shell"))

; What the program's own functions are called with, when they start it: sub run { system(@_) }
(subroutine_declaration_statement name: (bareword) @function) @function.body
(subroutine_declaration_statement
  name: (bareword) @function
  body: (block (expression_statement (assignment_expression
    left: (variable_declaration variable: (array) @parameters.rest)
    right: (array) @_arguments)))
  (#eq? @_arguments "@_")) @function.body
(subroutine_declaration_statement
  name: (bareword) @function
  body: (block (expression_statement (assignment_expression
    left: (variable_declaration) @parameters
    right: (array) @_arguments)))
  (#eq? @_arguments "@_")) @function.body
(subroutine_declaration_statement
  name: (bareword) @function
  body: (block . (expression_statement (assignment_expression
    left: (variable_declaration variable: (scalar) @parameters)
    right: (func1op_call_expression) @_shift)))
  (#match? @_shift "^shift")) @function.body
([(function_call_expression
    function: (function) @passed
    arguments: (list_expression . [(string_literal) (interpolated_string_literal)] @command) @line)
  (ambiguous_function_call_expression
    function: (function) @passed
    arguments: (list_expression
      . [(string_literal) (interpolated_string_literal)] @command) @line)]
  (#set! use "command")
  (#set! place "*"))
([(function_call_expression
    function: (function) @passed
    arguments: [(string_literal) (interpolated_string_literal)] @code)
  (ambiguous_function_call_expression
    function: (function) @passed
    arguments: [(string_literal) (interpolated_string_literal)] @code)]
  (#set! use "command")
  (#set! place "*")
  (#set! inject "shell"))
([(function_call_expression
    function: (function) @passed
    arguments: [(string_literal) (interpolated_string_literal)] @code)
  (ambiguous_function_call_expression
    function: (function) @passed
    arguments: [(string_literal) (interpolated_string_literal)] @code)
  (function_call_expression
    function: (function) @passed
    arguments: (list_expression
      . [(string_literal) (interpolated_string_literal)] @code))]
  (#set! use "command")
  (#set! place "1")
  (#set! inject "shell"))
