; SPDX-License-Identifier: Apache-2.0
; Modules, and the places that decide how much they are needed.

; import x from "a";  import "a";  export * from "a"
(import_statement source: (string) @module.string)
(export_statement source: (string) @module.string)

; What names mean from here on.
(import_statement
  (import_clause (identifier) @bind.name)
  source: (string) @bind.string)
(import_statement
  (import_clause (namespace_import (identifier) @bind.name))
  source: (string) @bind.string)
(import_statement
  (import_clause (named_imports (import_specifier . name: (identifier) @bind.name @bind.member .)))
  source: (string) @bind.string)
(import_statement
  (import_clause (named_imports (import_specifier
    name: (identifier) @bind.member
    alias: (identifier) @bind.name)))
  source: (string) @bind.string)
(variable_declarator
  name: (identifier) @bind.name
  value: [
    (call_expression
      function: (identifier) @_require
      arguments: (arguments . (string) @bind.string))
    (await_expression (call_expression
      function: (import) @_require
      arguments: (arguments . (string) @bind.string)))]
  (#any-of? @_require "require" "import"))
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @bind.name @bind.member)
  value: [
    (call_expression
      function: (identifier) @_require
      arguments: (arguments . (string) @bind.string))
    (await_expression (call_expression
      function: (import) @_require
      arguments: (arguments . (string) @bind.string)))]
  (#any-of? @_require "require" "import"))
(variable_declarator
  name: (object_pattern (pair_pattern
    key: (property_identifier) @bind.member
    value: (identifier) @bind.name))
  value: [
    (call_expression
      function: (identifier) @_require
      arguments: (arguments . (string) @bind.string))
    (await_expression (call_expression
      function: (import) @_require
      arguments: (arguments . (string) @bind.string)))]
  (#any-of? @_require "require" "import"))
(variable_declarator
  name: (identifier) @bind.name
  value: (member_expression
    object: (call_expression
      function: (identifier) @_require
      arguments: (arguments . (string) @bind.string))
    property: (property_identifier) @bind.member)
  (#eq? @_require "require"))
(assignment_expression
  left: (identifier) @bind.name
  right: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string) @bind.string))
  (#eq? @_require "require"))
(variable_declarator
  name: (identifier) @bind.name
  value: [(identifier) (member_expression)] @bind.target)
; const { exec } = cp, and const run = promisify(exec): run is called as exec is
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @bind.name @bind.member)
  value: [(identifier) (member_expression)] @bind.target)
(variable_declarator
  name: (identifier) @bind.name
  value: (call_expression
    function: [(identifier) (member_expression)] @_promisify
    arguments: (arguments . [(identifier) (member_expression)] @bind.target))
  (#resolves? @_promisify "util.promisify" "promisify"))
; const require = createRequire(import.meta.url), under another name
(variable_declarator
  name: (identifier) @bind.name
  value: (call_expression
    function: [(identifier) (member_expression)] @bind.result)
  (#resolves? @bind.result "module.createRequire"))

; require("x"), require.resolve("x"), module.require("x")
(call_expression
  function: [(identifier) (member_expression)] @_require
  arguments: (arguments . [(string) (template_string) (binary_expression)] @module.string)
  (#resolves? @_require "require" "module.require" "require.main.require"
    "module.createRequire()"))
(call_expression
  function: (member_expression) @_resolve
  arguments: (arguments . (string) @module.string)
  (#resolves? @_resolve "require.resolve" "module.createRequire().resolve"
   )
  (#set! grade "dynamic-literal"))
; createRequire(import.meta.url)("x")
(call_expression
  function: (call_expression function: [(identifier) (member_expression)] @_create)
  arguments: (arguments . (string) @module.string)
  (#resolves? @_create "module.createRequire"))

; import("x")
(call_expression
  function: (import)
  arguments: (arguments . (string) @module.string)
  (#set! grade "dynamic-literal"))
(call_expression
  function: (import)
  arguments: (arguments . [(template_string) (binary_expression)] @module.string)
  (#set! grade "dynamic-literal"))
; import.meta.resolve("x")
(call_expression
  function: (member_expression) @_resolve
  arguments: (arguments . (string) @module.string)
  (#eq? @_resolve "import.meta.resolve")
  (#set! grade "dynamic-literal"))

; A name in a variable, or in a list that is gone through
(call_expression
  function: [(identifier) (import) (member_expression)] @_require
  arguments: (arguments . (identifier) @use)
  (#resolves? @_require "require" "import" "module.require" "module.createRequire()"
   )
  (#set! use "module")
  (#set! kind "module"))
(variable_declarator
  name: (identifier) @variable
  value: (string) @module.string
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(for_in_statement
  left: (identifier) @variable
  right: (array (string) @module.string)
  (#set! use "module")
  (#set! grade "dynamic-literal"))
; ["a", "b"].map((n) => require(n))
(call_expression
  function: (member_expression
    object: (array (string) @module.string)
    property: (property_identifier) @_each)
  arguments: (arguments . [
    (arrow_function parameter: (identifier) @variable)
    (arrow_function parameters: (formal_parameters . (identifier) @variable))
    (function_expression parameters: (formal_parameters . (identifier) @variable))])
  (#any-of? @_each "map" "forEach" "every" "some" "filter")
  (#set! use "module")
  (#set! grade "dynamic-literal"))
; ["a", "b"].map(require)
(call_expression
  function: (member_expression
    object: (array (string) @module.string)
    property: (property_identifier) @_each)
  arguments: (arguments . (identifier) @_require)
  (#any-of? @_each "map" "forEach")
  (#resolves? @_require "require")
  (#set! grade "dynamic-literal"))
; Anything else that is computed; what is found from the file's own folder is the task's own.
(call_expression
  function: [(identifier) (import) (member_expression)] @_require
  arguments: (arguments
    . [(member_expression) (call_expression) (subscript_expression) (ternary_expression)
       (await_expression) (spread_element)] @module.string)
  (#resolves? @_require "require" "import" "module.require")
  (#not-contains? @module.string "__dirname" "import.meta" "process.cwd" "pathToFileURL"
    "path.resolve" "path.join")
  (#set! grade "dynamic-unknown"))
; require(path.join(__dirname, "lib", "x")), new Worker(path.join(__dirname, "w.js"))
(call_expression
  function: [(identifier) (import) (member_expression)] @_require
  arguments: (arguments . (call_expression arguments: (arguments
    . [(identifier) (member_expression)] @_here . (string) @script)))
  (#resolves? @_require "require" "import" "child_process.fork")
  (#any-of? @_here "__dirname" "import.meta.url" "import.meta.dirname"))
(call_expression
  function: [(identifier) (import) (member_expression)] @_require
  arguments: (arguments . [(string) (binary_expression)] @script)
  (#resolves? @_require "child_process.fork" "cluster.setupPrimary"))
(new_expression
  constructor: [(identifier) (member_expression)] @_worker
  arguments: (arguments . [
    (string) @script
    (binary_expression) @script
    (new_expression arguments: (arguments . (string) @script))
    (call_expression arguments: (arguments . (_) . (string) @script))])
  (#resolves? @_worker "Worker" "worker_threads.Worker"))

; --- where it stands ---

(function_declaration body: (_) @region (#set! region "function"))
(generator_function_declaration body: (_) @region (#set! region "function"))
(function_expression body: (_) @region (#set! region "function"))
(generator_function body: (_) @region (#set! region "function"))
(arrow_function body: (_) @region (#set! region "function"))
(method_definition body: (_) @region (#set! region "function"))

; Bodies of conditions, but for the one that says "run as a program".
(if_statement
  condition: (_) @_condition
  consequence: (_) @region
  (#not-contains? @_condition "require.main" "import.meta.main")
  (#set! region "conditional"))
(if_statement
  condition: (_) @_condition
  alternative: (_) @region
  (#not-contains? @_condition "require.main" "import.meta.main")
  (#set! region "conditional"))
(ternary_expression consequence: (_) @region (#set! region "conditional"))
(ternary_expression alternative: (_) @region (#set! region "conditional"))
(binary_expression operator: ["&&" "||" "??"] right: (_) @region (#set! region "conditional"))
(switch_case body: (_) @region (#set! region "conditional"))
(switch_default body: (_) @region (#set! region "conditional"))
(catch_clause body: (_) @region (#set! region "conditional"))

; try { require("x") } catch { ... }: the body may fail, the handler's body is done instead.
(try_statement
  body: (statement_block) @region
  handler: (catch_clause) @handler
  (#set! region "guarded"))
(try_statement
  handler: (catch_clause body: (statement_block) @region)
  (#set! region "guarded-modules"))

; A handler that ends the program, or says that it failed, does not do without.
(try_statement
  body: (statement_block) @region
  handler: (catch_clause body: (statement_block (throw_statement))) @handler
  (#set! region "required"))
(try_statement
  body: (statement_block) @region
  handler: (catch_clause body: (statement_block (expression_statement
    (call_expression function: (member_expression) @_exit)))) @handler
  (#any-of? @_exit "process.exit" "process.abort" "Deno.exit" "process.kill")
  (#set! region "required"))
(try_statement
  body: (statement_block) @region
  handler: (catch_clause body: (statement_block (expression_statement
    (assignment_expression left: (member_expression) @_code)))) @handler
  (#eq? @_code "process.exitCode")
  (#set! region "required"))

; import("x").catch(() => null)
(call_expression
  function: (member_expression
    object: (_) @region
    property: (property_identifier) @_catch)
  arguments: (arguments . (_) @_handler)
  (#eq? @_catch "catch")
  (#not-contains? @_handler "exit" "throw" "reject" "die" "fail" "abort")
  (#set! region "guarded-modules"))

; Not on this system.
(if_statement
  condition: (_) @_condition
  consequence: (_) @region
  (#contains? @_condition "platform")
  (#match? @_condition "(process\\.platform|os\\.platform\\(\\)|^\\(platform) *===? *.(win32|darwin|freebsd|openbsd|sunos|aix|android)")
  (#set! region "guarded"))
(if_statement
  condition: (_) @_condition
  alternative: (_) @region
  (#contains? @_condition "platform")
  (#match? @_condition "(process\\.platform|os\\.platform\\(\\)) *(===? *.linux|!==? *.(win32|darwin))")
  (#set! region "guarded"))
