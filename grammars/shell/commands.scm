; SPDX-License-Identifier: Apache-2.0
; Programs that a shell script starts.

(command name: (command_name) @command) @line

; Functions that start, ask for or evaluate what they are called with: run() { "$@"; }
(function_definition name: (word) @function) @function.body
((command name: (command_name) @_command) @shift
  (#eq? @_command "shift"))
(command name: (command_name
    [(simple_expansion (_) @use)
     (expansion (_) @use)
     (string [(simple_expansion (_) @use) (expansion (_) @use)])])
  (#set! use "command")
  (#set! grade "guarded"))
(command name: (command_name) @_command
  argument: [(simple_expansion (_) @use)
             (string [(simple_expansion (_) @use) (expansion (_) @use)])]
  (#any-of? @_command "command" "which" "type" "hash")
  (#set! use "lookup")
  (#set! grade "guarded"))
(command name: (command_name) @_command
  argument: [(simple_expansion (_) @use)
             (string [(simple_expansion (_) @use) (expansion (_) @use)])]
  (#eq? @_command "eval")
  (#set! use "line")
  (#set! grade "guarded"))
(command name: (command_name) @_command
  argument: (word) @_option .
  argument: (string [(simple_expansion (_) @use) (expansion (_) @use)])
  (#any-of? @_command "sh" "bash")
  (#any-of? @_option "-c" "-ec" "-lc")
  (#set! use "line")
  (#set! grade "guarded"))

; for tool in jq qpdf; do command -v "$tool"; done, and what variables hold
(for_statement variable: (variable_name) @variable value: (word) @command
  (#set! use "command"))
(for_statement variable: (variable_name) @variable value: (word) @command
  (#set! use "lookup")
  (#set! grade "guarded"))
(variable_assignment name: (variable_name) @constant.name
  value: [(word) (string) (raw_string) (concatenation)] @constant)
(variable_assignment name: (variable_name) @constant.name
  value: [(expansion (variable_name) . ":-" . (word) @constant)
          (expansion (variable_name) . "-" . (word) @constant)
          (expansion (variable_name) . ":=" . (word) @constant)
          (string (expansion (variable_name) . ":-" . (word) @constant))])

; python3 - <<EOF: a here-document is data, but for an interpreter that reads its program from it
(redirected_statement
  body: (command name: (command_name) @_command .)
  redirect: (heredoc_redirect (heredoc_body) @code)
  (#any-of? @_command "python3" "python")
  (#set! inject "python"))
(redirected_statement
  body: (command name: (command_name) @_command . argument: (word) @_argument)
  redirect: (heredoc_redirect (heredoc_body) @code)
  (#any-of? @_command "python3" "python")
  (#eq? @_argument "-")
  (#set! inject "python"))
(redirected_statement
  body: (command name: (command_name) @_command .)
  redirect: (heredoc_redirect (heredoc_body) @code)
  (#any-of? @_command "sh" "bash" "dash")
  (#set! inject "shell"))
(redirected_statement
  body: (command name: (command_name) @_command . argument: (word) @_argument)
  redirect: (heredoc_redirect (heredoc_body) @code)
  (#any-of? @_command "sh" "bash" "dash")
  (#eq? @_argument "-s")
  (#set! inject "shell"))

; What the script defines itself (aliases: [commands] of language.conf)
(function_definition name: (word) @define)
; NAME() { whose body the parser gave up on
(program (command name: (command_name) @define .) . (ERROR . "(" . ")"))
(ERROR (command name: (command_name) @define .) . "(" . ")")
(ERROR (command_name) @define . "(" . ")")
(ERROR (word) @define . "(" . ")")

; The inside of [[ ... ]] that the parser took for a command: $a == b
(command name: (command_name (simple_expansion)) argument: ["==" "=~" (regex)]
  (#set! region "ignored")) @region

; --- where it stands ---

(function_definition body: (_) @region (#set! region "function"))
(if_statement "then" @region "fi" @region.end (#set! region "conditional"))
((case_item) @region (#set! region "conditional"))
(list "||" (_) @region (#set! region "conditional"))

; What only runs under another shell than sh and bash
(if_statement
  condition: (_) @_condition
  "then" @region
  [(elif_clause) (else_clause) "fi"] @region.end
  (#contains? @_condition "ZSH_VERSION" "KSH_VERSION" "FISH_VERSION")
  (#not-match? @_condition "^ *!|-z ")
  (#set! region "ignored"))

; Only where a program is there: if command -v x; then ...; [ -x /usr/bin/x ] && ...
(if_statement
  condition: (_) @_condition
  "then" @region
  [(elif_clause) (else_clause) "fi"] @region.end
  (#contains? @_condition "command -" "which " "type " "hash " "-x ")
  (#match? @_condition "^[^!]*(command +-[pvV]+ |(^|[ (`])(which|type|hash) |\\[ +-x )")
  (#not-match? @_condition "^ *!|\\[ +!|-z ")
  (#set! region "guarded-commands"))
(elif_clause
  . (_) @_condition
  "then" @region
  (#contains? @_condition "command -" "which " "type " "hash " "-x ")
  (#match? @_condition "^[^!]*(command +-[pvV]+ |(^|[ (`])(which|type|hash) |\\[ +-x )")
  (#not-match? @_condition "^ *!|\\[ +!|-z ")
  (#set! region "guarded-commands")) @region.until
; if ! command -v x; then ...; else ...
(if_statement
  condition: (_) @_condition
  (else_clause) @region
  (#contains? @_condition "command -" "which " "type " "hash " "-x ")
  (#match? @_condition "command +-[pvV]+ |(^|[ (`])(which|type|hash) |\\[ +! +-x ")
  (#match? @_condition "^ *!|\\[ +!|-z ")
  (#set! region "guarded-commands"))
(list
  . (_) @_condition
  "&&"
  (_) @region
  (#contains? @_condition "command -" "which " "type " "hash " "-x ")
  (#match? @_condition "^[^!]*(command +-[pvV]+ |(^|[ (`])(which|type|hash) |\\[ +-x )")
  (#not-match? @_condition "^ *!|\\[ +!|-z ")
  (#set! region "guarded-commands"))
