; SPDX-License-Identifier: Apache-2.0
; Extensions, classes and files, and the places that decide how much they are needed.

; What names mean from here on: use A\B\C;  use A\B as D;  use A\{B, C as D};
(namespace_use_clause . (qualified_name (name) @bind.name .) @bind.target .)
(namespace_use_clause . (qualified_name) @bind.target alias: (name) @bind.name)
(namespace_use_clause . (name) @bind.target alias: (name) @bind.name)
(namespace_use_declaration
  (namespace_name) @bind.target
  body: (namespace_use_group (namespace_use_clause . (name) @bind.name @bind.member .)))
(namespace_use_declaration
  (namespace_name) @bind.target
  body: (namespace_use_group (namespace_use_clause
    . (name) @bind.member
    alias: (name) @bind.name)))

; Classes: found by their full names
(namespace_use_declaration (namespace_use_clause (qualified_name) @module))
(namespace_use_declaration
  (namespace_name) @module
  body: (namespace_use_group (namespace_use_clause . [(name) (qualified_name)] @member)))
; Functions and constants are in files that something else reads.
((namespace_use_clause type: ["function" "const"]) @region (#set! region "ignored"))
((namespace_use_declaration type: ["function" "const"]) @region (#set! region "ignored"))
; new \A\B\C(), \A\B::c(); with use A\B, B\C is A\B\C
(object_creation_expression (qualified_name prefix: (namespace_name)) @module (#set! role "uses"))
(scoped_call_expression scope: (qualified_name prefix: (namespace_name)) @module (#set! role "uses"))
(base_clause (qualified_name prefix: (namespace_name)) @module (#set! role "uses"))

; What the text makes itself
(namespace_definition name: (namespace_name) @define (#set! kind "module"))
(class_declaration name: (name) @declare)
(interface_declaration name: (name) @declare)
(trait_declaration name: (name) @declare)
(enum_declaration name: (name) @declare)
(function_definition name: (name) @declare)

; Names of extensions: mb_strlen(), new DOMDocument, NumberFormatter::create(), extends SoapClient
(function_call_expression
  function: [(name) @owned (qualified_name . "\\" . (name) @owned)]
  (#set! role "uses"))
(object_creation_expression
  [(name) @owned (qualified_name . "\\" . (name) @owned)]
  (#set! role "uses"))
(scoped_call_expression
  scope: [(name) @owned (qualified_name . "\\" . (name) @owned)]
  (#set! role "uses"))
(class_constant_access_expression
  . [(name) @owned (qualified_name . "\\" . (name) @owned)] . (name) @_constant
  (#not-eq? @_constant "class")
  (#set! role "uses"))
(scoped_property_access_expression
  scope: [(name) @owned (qualified_name . "\\" . (name) @owned)]
  (#set! role "uses"))
(base_clause
  [(name) @owned (qualified_name . "\\" . (name) @owned)]
  (#set! role "uses"))
; array_map("mb_strtoupper", $names), is_callable is no use
(function_call_expression
  function: (name) @_with
  arguments: (arguments . (argument (string) @owned.string))
  (#any-of? @_with "array_map" "call_user_func" "call_user_func_array" "usort" "uasort" "uksort"
    "preg_replace_callback" "ob_start")
  (#set! role "uses"))
(function_call_expression
  function: (name) @_with
  arguments: (arguments . (argument) . (argument (string) @owned.string))
  (#any-of? @_with "array_filter" "array_walk" "array_reduce" "usort" "uasort" "uksort"
    "preg_replace_callback")
  (#set! role "uses"))

; Asks whether it is there.
(function_call_expression
  function: [(name) (qualified_name)] @_ask
  arguments: (arguments . (argument (string) @module.string))
  (#any-of? @_ask "extension_loaded" "\\extension_loaded" "phpversion")
  (#set! role "asks")
  (#set! grade "guarded"))
(function_call_expression
  function: [(name) (qualified_name)] @_ask
  arguments: (arguments . (argument [
    (string) @owned.string
    (class_constant_access_expression . (name) @owned)]))
  (#any-of? @_ask "function_exists" "\\function_exists" "class_exists" "\\class_exists"
    "is_callable" "interface_exists")
  (#set! role "asks")
  (#set! grade "guarded"))
; if (!extension_loaded("x")) exit(1): it must be there after all.
(if_statement
  condition: (parenthesized_expression (unary_op_expression argument: (function_call_expression
    function: (name) @_ask
    arguments: (arguments . (argument (string) @module.string)))))
  body: [
    (compound_statement [
      (exit_statement)
      (expression_statement (throw_expression))])
    (exit_statement)
    (expression_statement (throw_expression))]
  (#eq? @_ask "extension_loaded"))
(if_statement
  condition: (parenthesized_expression (unary_op_expression argument: (function_call_expression
    function: (name) @_ask
    arguments: (arguments . (argument (string) @owned.string)))))
  body: [
    (compound_statement [
      (exit_statement)
      (expression_statement (throw_expression))])
    (exit_statement)
    (expression_statement (throw_expression))]
  (#any-of? @_ask "function_exists" "class_exists"))

; require "lib/x.php", require __DIR__ . "/x.php"; else a file that a package ships
(require_expression
  [(string) (encapsed_string) (binary_expression)
   (parenthesized_expression [(string) (encapsed_string) (binary_expression)])] @script
  (#not-contains? @script "vendor/autoload.php")
  (#set! kind "file"))
(require_once_expression
  [(string) (encapsed_string) (binary_expression)
   (parenthesized_expression [(string) (encapsed_string) (binary_expression)])] @script
  (#not-contains? @script "vendor/autoload.php")
  (#set! kind "file"))
(include_expression
  [(string) (encapsed_string) (binary_expression)
   (parenthesized_expression [(string) (encapsed_string) (binary_expression)])] @script
  (#not-contains? @script "vendor/autoload.php")
  (#set! kind "file"))
(include_once_expression
  [(string) (encapsed_string) (binary_expression)
   (parenthesized_expression [(string) (encapsed_string) (binary_expression)])] @script
  (#not-contains? @script "vendor/autoload.php")
  (#set! kind "file"))

; --- where it stands ---

(function_definition body: (_) @region (#set! region "function"))
(method_declaration body: (_) @region (#set! region "function"))
(anonymous_function body: (_) @region (#set! region "function"))
(arrow_function body: (_) @region (#set! region "function"))
(if_statement body: (_) @region (#set! region "conditional"))
(if_statement alternative: (_) @region (#set! region "conditional"))
(conditional_expression body: (_) @region (#set! region "conditional"))
(conditional_expression alternative: (_) @region (#set! region "conditional"))
(catch_clause body: (_) @region (#set! region "conditional"))

; try { new Imagick } catch (\Error $e) { ... }
(try_statement
  body: (compound_statement) @region
  (catch_clause type: (type_list (named_type) @_error)) @handler
  (#any-of? @_error "Error" "\\Error")
  (#set! region "guarded"))
(try_statement
  body: (compound_statement) @region
  (catch_clause
    type: (type_list (named_type) @_error)
    body: (compound_statement [(exit_statement) (expression_statement (throw_expression))])) @handler
  (#any-of? @_error "Error" "\\Error")
  (#set! region "required"))
; @include "x.php": may be missing
((error_suppression_expression [(include_expression) (include_once_expression)]) @region
  (#set! region "guarded"))

; Not on this system.
(if_statement
  condition: (_) @_condition
  body: (_) @region
  (#contains? @_condition "PHP_OS")
  (#match? @_condition "PHP_OS(_FAMILY)? *===? *.(Windows|WIN|Darwin|BSD|Solaris)|(stripos|strncasecmp|substr|str_starts_with) *\\( *PHP_OS[^)]*.WIN")
  (#set! region "guarded"))

; include $file: the task's own when the variable is set to a literal, else not to be seen
([(require_expression (variable_name) @use)
  (require_once_expression (variable_name) @use)
  (include_expression (variable_name) @use)
  (include_once_expression (variable_name) @use)]
  (#set! use "source")
  (#set! kind "file"))
(assignment_expression
  left: (variable_name) @variable
  right: [(string) (encapsed_string) (binary_expression)] @script
  (#set! use "source"))
