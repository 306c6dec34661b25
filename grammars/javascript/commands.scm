; SPDX-License-Identifier: Apache-2.0
; Programs that a JavaScript program starts.

; exec("ls | wc"), execSync(`git log ${n}`): through the shell
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . [(string) (template_string) (binary_expression)] @code)
  (#resolves? @_function "child_process.exec" "child_process.execSync" "shelljs.exec" "execa.command" "execa.commandSync"
    "execa.execaCommand" "execa.execaCommandSync")
  (#set! inject "shell"))
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . (identifier) @use)
  (#resolves? @_function "child_process.exec" "child_process.execSync" "shelljs.exec")
  (#set! use "line")
  (#set! kind "command"))
(variable_declarator
  name: (identifier) @variable
  value: [(string) (template_string) (binary_expression)] @code
  (#set! use "line")
  (#set! inject "shell"))
; require("child_process").execSync("ls")
(call_expression
  function: (member_expression
    object: (call_expression
      function: (identifier) @_require
      arguments: (arguments . (string (string_fragment) @_module)))
    property: (property_identifier) @_method)
  arguments: (arguments . [(string) (template_string) (binary_expression)] @code)
  (#eq? @_require "require")
  (#any-of? @_module "child_process" "node:child_process")
  (#any-of? @_method "exec" "execSync")
  (#set! inject "shell"))

; spawn("jq", ["-c", x]), execFile("jq")
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . [(string) (template_string)] @command)
  (#resolves? @_function "child_process.spawn" "child_process.spawnSync" "child_process.execFile"
    "child_process.execFileSync" "execa" "execa.execa"
    "execa.execaSync" "execa.sync" "cross-spawn" "cross-spawn.sync"))
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . [(string) (template_string)] @command . (array) @words)
  (#resolves? @_function "child_process.spawn" "child_process.spawnSync" "child_process.execFile"
    "child_process.execFileSync" "execa" "execa.execa"
    "execa.execaSync" "execa.sync" "cross-spawn" "cross-spawn.sync"))
(call_expression
  function: (member_expression
    object: (call_expression
      function: (identifier) @_require
      arguments: (arguments . (string (string_fragment) @_module)))
    property: (property_identifier) @_method)
  arguments: (arguments . (string) @command)
  (#eq? @_require "require")
  (#any-of? @_module "child_process" "node:child_process")
  (#any-of? @_method "spawn" "spawnSync" "execFile" "execFileSync"))
; spawn("ls | wc", { shell: true })
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments
    . [(string) (template_string) (binary_expression)] @code
    (object (pair key: (property_identifier) @_key)))
  (#eq? @_key "shell")
  (#resolves? @_function "child_process.spawn" "child_process.spawnSync")
  (#set! inject "shell"))
; The interpreter itself, by its own path.
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . (member_expression) @command . (array) @words)
  (#any-of? @command "process.execPath" "process.argv0")
  (#resolves? @_function "child_process.spawn" "child_process.spawnSync" "child_process.execFile"
    "child_process.execFileSync")
  (#set! command "node"))

; const tool = "ffmpeg"; spawn(tool, ...)
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . (identifier) @use)
  (#resolves? @_function "child_process.spawn" "child_process.spawnSync" "child_process.execFile"
    "child_process.execFileSync")
  (#set! use "command")
  (#set! kind "command"))
(variable_declarator
  name: (identifier) @variable
  value: (string) @command
  (#set! use "command"))
; Anything else that is computed
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . [(member_expression) (call_expression) (subscript_expression)] @command)
  (#not-any-of? @command "process.execPath" "process.argv0")
  (#resolves? @_function "child_process.spawn" "child_process.spawnSync" "child_process.execFile"
    "child_process.execFileSync"))

; shelljs.which("git"): only asks
(call_expression
  function: [(identifier) (member_expression)] @_function
  arguments: (arguments . (string) @command)
  (#resolves? @_function "shelljs.which" "which" "which.sync")
  (#set! grade "guarded"))

; What the program's own functions are called with, when they start it: const sh = (c) => exec(c)
(function_declaration
  name: (identifier) @function
  parameters: (formal_parameters) @parameters) @function.body
(variable_declarator
  name: (identifier) @function
  value: [(arrow_function parameters: (formal_parameters) @parameters)
          (arrow_function parameter: (identifier) @parameters)
          (function_expression parameters: (formal_parameters) @parameters)]) @function.body
(method_definition
  name: (property_identifier) @function
  parameters: (formal_parameters) @parameters) @function.body
(call_expression
  function: [(identifier) @passed (member_expression property: (property_identifier) @passed)]
  arguments: (arguments . [(string) (template_string) (binary_expression)] @code)
  (#set! use "line")
  (#set! place "1")
  (#set! inject "shell"))
(call_expression
  function: [(identifier) @passed (member_expression property: (property_identifier) @passed)]
  arguments: (arguments . (string) @command)
  (#set! use "command")
  (#set! place "1"))
(call_expression
  function: [(identifier) @passed (member_expression property: (property_identifier) @passed)]
  arguments: (arguments . (string) @command . (array) @words)
  (#set! use "command")
  (#set! place "1"))
