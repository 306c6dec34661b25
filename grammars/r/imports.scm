; SPDX-License-Identifier: Apache-2.0
; Packages, and the places that decide how much they are needed.

; library(x), require("x"), also as package=x
(call
  function: [(identifier) (namespace_operator)] @_library
  arguments: (arguments . argument: (argument . value: (identifier) @module)) @_all
  (#not-match? @_all "character.only *= *T")
  (#resolves? @_library "library" "require" "base::library" "base::require" "xfun::pkg_attach"))
(call
  function: [(identifier) (namespace_operator)] @_library
  arguments: (arguments . argument: (argument . value: (string) @module.string))
  (#resolves? @_library "library" "require" "base::library" "base::require" "loadNamespace"
    "base::loadNamespace" "attachNamespace" "getNamespace" "asNamespace" "xfun::pkg_attach"
    "xfun::pkg_load" "rlang::check_installed" "usethis::use_package"))
(call
  function: [(identifier) (namespace_operator)] @_library
  arguments: (arguments argument: (argument
    name: (identifier) @_package
    value: (identifier) @module)) @_all
  (#eq? @_package "package")
  (#not-match? @_all "character.only *= *T")
  (#resolves? @_library "library" "require"))
(call
  function: [(identifier) (namespace_operator)] @_library
  arguments: (arguments argument: (argument
    name: (identifier) @_package
    value: (string) @module.string))
  (#any-of? @_package "package" "pkg")
  (#resolves? @_library "library" "require" "loadNamespace"))

; x::f, x:::f
(namespace_operator
  lhs: [(identifier) @module (string) @module.string]
  (#set! role "uses"))

; Several at once: pacman::p_load(a, b)
(call
  function: [(identifier) (namespace_operator)] @_load
  arguments: (arguments argument: (argument . value: [(identifier) @module (string) @module.string]))
  (#any-of? @_load "pacman::p_load" "p_load" "librarian::shelf" "shelf" "xfun::pkg_attach"
    "easypackages::libraries" "libraries"))

; requireNamespace("x"): only asks.
(call
  function: [(identifier) (namespace_operator)] @_ask
  arguments: (arguments . argument: (argument value: (string) @module.string))
  (#any-of? @_ask "requireNamespace" "base::requireNamespace" "rlang::is_installed"
    "is_installed" "find.package" "packageVersion" "utils::packageVersion")
  (#set! role "asks")
  (#set! grade "guarded"))
(call
  function: (identifier) @_ask
  arguments: (arguments argument: (argument
    name: (identifier) @_package
    value: (string) @module.string))
  (#eq? @_package "package")
  (#any-of? @_ask "requireNamespace" "system.file")
  (#set! role "asks")
  (#set! grade "guarded"))
; if (!requireNamespace("x")) stop(...): it must be there after all.
(if_statement
  condition: (unary_operator rhs: (call
    function: (identifier) @_ask
    arguments: (arguments . argument: (argument value: [(string) @module.string (identifier) @module]))))
  consequence: [
    (call function: (identifier) @_end)
    (braced_expression body: (call function: (identifier) @_end))]
  (#any-of? @_ask "requireNamespace" "require")
  (#any-of? @_end "stop" "quit" "q" "abort"))
; stopifnot(requireNamespace("x")), requireNamespace("x") || stop()
(call
  function: (identifier) @_stopifnot
  arguments: (arguments argument: (argument value: (call
    function: (identifier) @_ask
    arguments: (arguments . argument: (argument value: (string) @module.string)))))
  (#eq? @_stopifnot "stopifnot")
  (#eq? @_ask "requireNamespace"))
(binary_operator
  lhs: (call
    function: (identifier) @_ask
    arguments: (arguments . argument: (argument value: (string) @module.string)))
  operator: "||"
  rhs: (call function: (identifier) @_end)
  (#eq? @_ask "requireNamespace")
  (#any-of? @_end "stop" "quit" "q" "abort"))

; A name in a variable: library(p, character.only = TRUE)
(call
  function: (identifier) @_library
  arguments: (arguments . argument: (argument . value: (identifier) @use)) @_all
  (#any-of? @_library "library" "require")
  (#match? @_all "character.only *= *T")
  (#set! use "module")
  (#set! kind "module"))
(call
  function: (identifier) @_library
  arguments: (arguments . argument: (argument . value: (identifier) @use))
  (#any-of? @_library "loadNamespace" "requireNamespace" "attachNamespace")
  (#set! use "module")
  (#set! kind "module"))
(binary_operator
  lhs: (identifier) @variable
  operator: ["<-" "="]
  rhs: (string) @module.string
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(binary_operator
  lhs: (identifier) @variable
  operator: ["<-" "="]
  rhs: (call
    function: (identifier) @_c
    arguments: (arguments argument: (argument value: (string) @module.string)))
  (#any-of? @_c "c" "list")
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(for_statement
  variable: (identifier) @variable
  sequence: (call
    function: (identifier) @_c
    arguments: (arguments argument: (argument value: (string) @module.string)))
  (#any-of? @_c "c" "list")
  (#set! use "module")
  (#set! grade "dynamic-literal"))
; for (p in packages) library(p, character.only = TRUE): the list is used as a name is
(for_statement
  variable: (identifier) @_one
  sequence: (identifier) @use
  body: (_) @_body
  (#match? @_body "(library|require|loadNamespace|requireNamespace) *\\(")
  (#match? @_body "character.only|Namespace")
  (#set! use "module")
  (#set! kind "module"))
; lapply(c("a", "b"), library, character.only = TRUE), sapply(packages, require, ...)
(call
  function: (identifier) @_apply
  arguments: (arguments
    . argument: (argument value: (call
        function: (identifier) @_c
        arguments: (arguments argument: (argument value: (string) @module.string))))
    argument: (argument . value: (identifier) @_library))
  (#any-of? @_apply "lapply" "sapply" "vapply" "Map" "walk" "invisible")
  (#any-of? @_c "c" "list")
  (#any-of? @_library "library" "require" "loadNamespace")
  (#set! grade "dynamic-literal"))
(call
  function: (identifier) @_apply
  arguments: (arguments
    . argument: (argument value: (identifier) @use)
    argument: (argument . value: (identifier) @_library))
  (#any-of? @_apply "lapply" "sapply" "vapply" "Map" "walk")
  (#any-of? @_library "library" "require" "loadNamespace")
  (#set! use "module")
  (#set! kind "module"))

; What names mean from here on: f <- x::f
(binary_operator
  lhs: (identifier) @bind.name
  operator: ["<-" "="]
  rhs: [(identifier) (namespace_operator)] @bind.target)

; source("x.R")
(call
  function: (identifier) @_source
  arguments: (arguments . argument: (argument value: (string) @script))
  (#any-of? @_source "source" "sys.source"))
(call
  function: (identifier) @_source
  arguments: (arguments . argument: (argument value: (call
    function: (identifier) @_path
    arguments: (arguments argument: (argument value: (string) @script)))))
  (#any-of? @_source "source" "sys.source")
  (#any-of? @_path "file.path" "paste0" "here"))

; --- where it stands ---

(function_definition body: (_) @region (#set! region "function"))
(if_statement consequence: (_) @region (#set! region "conditional"))
(if_statement alternative: (_) @region (#set! region "conditional"))

; Only where it is there
(if_statement
  condition: (_) @_condition
  consequence: (_) @region
  (#contains? @_condition "requireNamespace" "require(" "is_installed" "installed.packages")
  (#not-match? @_condition "^!")
  (#set! region "guarded-modules"))
; if (!require(x)) { ... }: what is done without it
(if_statement
  condition: (unary_operator rhs: (call
    function: (identifier) @_ask)) @_condition
  consequence: (_) @region
  (#any-of? @_ask "requireNamespace" "require")
  (#set! region "guarded-modules"))
; The answer is looked at: if (require(x)), ok <- require(x)
(if_statement
  condition: (call function: (identifier) @_ask) @region
  (#eq? @_ask "require")
  (#set! region "guarded-modules"))
; try(library(x)), tryCatch(library(x), error = function(e) NULL)
(call
  function: (identifier) @_try
  arguments: (arguments . argument: (argument value: (_) @region))
  (#eq? @_try "try")
  (#set! region "guarded"))
(call
  function: (identifier) @_try
  arguments: (arguments
    . argument: (argument value: (_) @region)
    argument: (argument name: (identifier) @_error value: (_) @_handler))
  (#eq? @_try "tryCatch")
  (#any-of? @_error "error" "condition" "packageNotFoundError")
  (#not-contains? @_handler "stop(" "quit(" "q(" "abort(")
  (#set! region "guarded"))
(if_statement
  condition: (false)
  consequence: (_) @region
  (#set! region "type-only"))
