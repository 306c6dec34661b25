; SPDX-License-Identifier: Apache-2.0
; Programs that an R program starts.

; system("ls | wc"), pipe("sort"): through the shell
(call
  function: [(identifier) (namespace_operator)] @_function
  arguments: (arguments . argument: (argument value: (string) @code))
  (#resolves? @_function "system" "base::system" "pipe" "base::pipe" "shell")
  (#set! inject "shell"))
; system(paste("ls", x)), system(paste0("ls ", x)), system(sprintf("ls %s", x))
(call
  function: [(identifier) (namespace_operator)] @_function
  arguments: (arguments . argument: (argument value: (call
    function: (identifier) @_paste
    arguments: (arguments . argument: (argument value: (string) @code)))))
  (#resolves? @_function "system" "base::system" "pipe" "base::pipe")
  (#any-of? @_paste "paste" "paste0" "sprintf" "glue" "gettextf")
  (#set! inject "shell"))
(call
  function: (identifier) @_function
  arguments: (arguments . argument: (argument value: (identifier) @use))
  (#any-of? @_function "system" "pipe")
  (#set! use "line")
  (#set! kind "command"))
(binary_operator
  lhs: (identifier) @variable
  operator: ["<-" "="]
  rhs: [
    (string) @code
    (call
      function: (identifier) @_paste
      arguments: (arguments . argument: (argument value: (string) @code)))]
  (#any-of? @_paste "paste" "paste0" "sprintf" "glue")
  (#set! use "line")
  (#set! inject "shell"))

; system2("git", c("log", "-1")), processx::run("git", ...)
(call
  function: [(identifier) (namespace_operator)] @_function
  arguments: (arguments . argument: (argument value: (string) @command))
  (#resolves? @_function "system2" "base::system2" "processx::run" "sys::exec_wait"
    "sys::exec_internal" "sys::exec_background"))
(call
  function: [(identifier) (namespace_operator)] @_function
  arguments: (arguments
    . argument: (argument value: (string) @command)
    argument: (argument value: (call
      function: (identifier) @_c
      arguments: (arguments) @words)))
  (#eq? @_c "c")
  (#resolves? @_function "system2" "base::system2" "processx::run" "sys::exec_wait"
    "sys::exec_internal"))
(call
  function: (identifier) @_function
  arguments: (arguments . argument: (argument value: (identifier) @use))
  (#any-of? @_function "system2")
  (#set! use "command")
  (#set! kind "command"))
(binary_operator
  lhs: (identifier) @variable
  operator: ["<-" "="]
  rhs: (string) @command
  (#set! use "command"))

; Sys.which("pandoc"): only asks
(call
  function: (identifier) @_function
  arguments: (arguments . argument: (argument value: (string) @command))
  (#eq? @_function "Sys.which")
  (#set! grade "guarded"))

; Anything else that is computed
(call
  function: (identifier) @_function
  arguments: (arguments . argument: (argument value: [(subset) (subset2) (extract_operator)] @command))
  (#any-of? @_function "system" "system2" "pipe"))

; What the program's own functions are called with, when they start it: sh <- function(x) system(x)
(binary_operator
  lhs: (identifier) @function
  rhs: (function_definition parameters: (parameters) @parameters)) @function.body
(call
  function: (identifier) @passed
  arguments: (arguments . argument: (argument value: (string) @code))
  (#set! use "line")
  (#set! place "1")
  (#set! inject "shell"))
