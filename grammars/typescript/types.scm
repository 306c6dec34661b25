; SPDX-License-Identifier: Apache-2.0
; What is gone when the program runs, besides what JavaScript has.

; import fs = require("fs")
(import_statement (import_require_clause
  (identifier) @bind.name
  source: (string) @module.string @bind.string))
(import_statement (import_require_clause source: (string) @module.string))

; import type { T } from "x";  export type { T } from "x"
((import_statement "type") @region (#set! region "type-only"))
((export_statement "type") @region (#set! region "type-only"))
; import { type A } from "x", and nothing else in it
((import_statement
  (import_clause . (named_imports . (import_specifier "type") .) .)) @region
  (#set! region "type-only"))
((import_statement
  (import_clause . (named_imports
    . (import_specifier "type") . (import_specifier "type") .) .)) @region
  (#set! region "type-only"))
((import_statement
  (import_clause . (named_imports
    . (import_specifier "type") . (import_specifier "type") . (import_specifier "type") .) .)) @region
  (#set! region "type-only"))

; type T = import("x").T;  let x: typeof import("x");  declare module "x" { ... }
((type_alias_declaration) @region (#set! region "type-only"))
((interface_declaration) @region (#set! region "type-only"))
((type_annotation) @region (#set! region "type-only"))
((type_query) @region (#set! region "type-only"))
((ambient_declaration) @region (#set! region "type-only"))

; const x = require("x") as X
(variable_declarator
  name: (identifier) @bind.name
  value: (as_expression (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string) @bind.string)))
  (#eq? @_require "require"))
