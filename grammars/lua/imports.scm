; SPDX-License-Identifier: Apache-2.0
; Modules, and the places that decide how much they are needed.

; require("x"), require "x"
(function_call
  name: (identifier) @_require
  arguments: (arguments . [(string) (binary_expression)] @module.string)
  (#eq? @_require "require"))
(function_call
  name: (identifier) @_require
  arguments: (arguments . (identifier) @use)
  (#eq? @_require "require")
  (#set! use "module")
  (#set! kind "module"))
(function_call
  name: (identifier) @_require
  arguments: (arguments . [(function_call) (dot_index_expression) (bracket_index_expression)
    (vararg_expression)] @module.string)
  (#eq? @_require "require")
  (#set! grade "dynamic-unknown"))

; What names mean from here on.
(assignment_statement
  (variable_list . name: (identifier) @bind.name)
  (expression_list . value: (function_call
    name: (identifier) @_require
    arguments: (arguments . (string) @bind.string)))
  (#eq? @_require "require"))
(assignment_statement
  (variable_list . name: (identifier) @bind.name)
  (expression_list . value: [(identifier) (dot_index_expression)] @bind.target))
(assignment_statement
  (variable_list . name: (identifier) . name: (identifier) @bind.name)
  (expression_list . value: (function_call
    name: (identifier) @_pcall
    arguments: (arguments . (identifier) @_require
      . (string) @bind.string)))
  (#any-of? @_pcall "pcall" "xpcall")
  (#eq? @_require "require"))

; A name in a variable, or in a list that is gone through
(assignment_statement
  (variable_list . name: (identifier) @variable)
  (expression_list . value: (string) @module.string)
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(for_statement
  clause: (for_generic_clause
    (variable_list name: (identifier) . name: (identifier) @variable)
    (expression_list (function_call arguments: (arguments
      (table_constructor (field . value: (string) @module.string))))))
  (#set! use "module")
  (#set! grade "dynamic-literal"))

; pcall(require, "x"): does without, unless it ends the program below.
(function_call
  name: (identifier) @_pcall
  arguments: (arguments . (identifier) @_require . (string) @module.string)
  (#eq? @_pcall "pcall")
  (#eq? @_require "require")
  (#set! grade "guarded"))
(function_call
  name: (identifier) @_pcall
  arguments: (arguments . (identifier) @_require . (_) . (string) @module.string)
  (#eq? @_pcall "xpcall")
  (#eq? @_require "require")
  (#set! grade "guarded"))
; assert(pcall(require, "x")): it must be there after all.
(function_call
  name: (identifier) @_assert
  arguments: (arguments . (function_call
    name: (identifier) @_pcall
    arguments: (arguments . (identifier) @_require . (string) @module.string)))
  (#any-of? @_assert "assert")
  (#eq? @_pcall "pcall")
  (#eq? @_require "require"))
; if not pcall(require, "x") then error(...)
(if_statement
  condition: (unary_expression operand: (function_call
    name: (identifier) @_pcall
    arguments: (arguments . (identifier) @_require . (string) @module.string)))
  consequence: (block (function_call name: [(identifier) (dot_index_expression)] @_end))
  (#eq? @_pcall "pcall")
  (#eq? @_require "require")
  (#any-of? @_end "error" "os.exit"))
; local ok, x = pcall(require, "x"); if not ok then error(...)
(chunk
  (variable_declaration (assignment_statement
    (variable_list . name: (identifier) @_ok)
    (expression_list . value: (function_call
      name: (identifier) @_pcall
      arguments: (arguments . (identifier) @_require . (string) @module.string)))))
  . (if_statement
      condition: (unary_expression)
      consequence: (block (function_call name: [(identifier) (dot_index_expression)] @_end)))
  (#eq? @_pcall "pcall")
  (#eq? @_require "require")
  (#any-of? @_end "error" "os.exit"))
(block
  (variable_declaration (assignment_statement
    (variable_list . name: (identifier) @_ok)
    (expression_list . value: (function_call
      name: (identifier) @_pcall
      arguments: (arguments . (identifier) @_require . (string) @module.string)))))
  . (if_statement
      condition: (unary_expression)
      consequence: (block (function_call name: [(identifier) (dot_index_expression)] @_end)))
  (#eq? @_pcall "pcall")
  (#eq? @_require "require")
  (#any-of? @_end "error" "os.exit"))

; pcall(function() ... end): what is in it may fail.
(function_call
  name: (identifier) @_pcall
  arguments: (arguments . (function_definition body: (_) @region))
  (#any-of? @_pcall "pcall" "xpcall")
  (#set! region "guarded"))

; Modules that the text makes itself: package.preload["x"] = ..., module("x")
(assignment_statement
  (variable_list name: (bracket_index_expression
    table: (dot_index_expression) @_preload
    field: (string content: (string_content) @define)))
  (#any-of? @_preload "package.preload" "package.loaded")
  (#set! kind "module"))
(assignment_statement
  (variable_list name: (dot_index_expression
    table: (dot_index_expression) @_preload
    field: (identifier) @define))
  (#any-of? @_preload "package.preload" "package.loaded")
  (#set! kind "module"))

; dofile("x.lua"), loadfile("x.lua")
(function_call
  name: (identifier) @_read
  arguments: (arguments . [(string) (binary_expression)] @script)
  (#any-of? @_read "dofile" "loadfile"))

; package.path = "./lib/?.lua;" .. package.path
(assignment_statement
  (variable_list name: (dot_index_expression) @_path)
  (expression_list value: [
    (string) @search
    (binary_expression left: (string) @search)
    (binary_expression right: (string) @search)
    (binary_expression right: (binary_expression left: (string) @search))
    (binary_expression right: (binary_expression right: (string) @search))])
  (#any-of? @_path "package.path" "package.cpath"))

; --- where it stands ---

(function_declaration body: (_) @region (#set! region "function"))
(function_definition body: (_) @region (#set! region "function"))
(if_statement consequence: (_) @region (#set! region "conditional"))
(elseif_statement consequence: (_) @region (#set! region "conditional"))
(else_statement body: (_) @region (#set! region "conditional"))
(binary_expression ["and" "or"] right: (_) @region (#set! region "conditional"))
; if jit then require("ffi"): only where LuaJIT runs it.
(if_statement
  condition: (identifier) @_jit
  consequence: (_) @region
  (#eq? @_jit "jit")
  (#set! region "guarded-modules"))
