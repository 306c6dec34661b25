; SPDX-License-Identifier: Apache-2.0
; Crates.

; use a::b; use a::{b, c}; use a::*; use a as b; use a
(use_declaration argument: [
  (scoped_identifier) @module
  (identifier) @module
  (scoped_use_list path: [(scoped_identifier) (identifier)] @module)
  (use_as_clause path: [(scoped_identifier) (identifier)] @module)
  (use_wildcard [(scoped_identifier) (identifier)] @module)
  (use_list [(scoped_identifier) @module
             (identifier) @module
             (scoped_use_list path: [(scoped_identifier) (identifier)] @module)
             (use_as_clause path: [(scoped_identifier) (identifier)] @module)])])
(extern_crate_declaration name: (identifier) @module)

; a::b() and a::b!() without a use: what begins like a crate, not like a type
([(call_expression function: (scoped_identifier path: (scoped_identifier) ) @module)
  (macro_invocation macro: (scoped_identifier) @module)]
  (#match? @module "^[a-z][a-z0-9_]*::[A-Za-z]"))

; What names mean from here on.
(use_declaration argument: (scoped_identifier name: (identifier) @bind.name) @bind.target)
(use_declaration argument: (use_as_clause
  path: [(scoped_identifier) (identifier)] @bind.target
  alias: (identifier) @bind.name))
(use_declaration argument: (scoped_use_list
  path: [(scoped_identifier) (identifier)] @bind.target
  list: (use_list (identifier) @bind.name @bind.member)))

(use_declaration argument: (scoped_use_list
  path: [(scoped_identifier) (identifier)] @bind.target
  list: (use_list (scoped_identifier name: (identifier) @bind.name) @bind.member)))

; What the text brings itself
(mod_item name: (identifier) @define (#set! kind "module"))
(use_declaration argument: (scoped_identifier
  path: [(crate) (self) (super)]
  name: (identifier) @define)
  (#set! kind "module"))
(use_declaration argument: (scoped_use_list
  path: [(crate) (self) (super)]
  list: (use_list (identifier) @define))
  (#set! kind "module"))
(enum_item name: (type_identifier) @define (#set! kind "module"))
; A name that a use brings is no crate: process::exit() after use std::process
(use_declaration
  argument: [
    (scoped_identifier name: (identifier) @define)
    (use_as_clause alias: (identifier) @define)
    (scoped_use_list list: (use_list [
      (identifier) @define
      (scoped_identifier name: (identifier) @define)
      (use_as_clause alias: (identifier) @define)]))
    (scoped_use_list path: (scoped_identifier name: (identifier) @define) list: (use_list (self)))]
  (#set! kind "module"))

; #[link(name = "z")]
(attribute_item (attribute
  (identifier) @_link
  arguments: (token_tree (identifier) @_name (string_literal) @need))
  (#eq? @_link "link")
  (#eq? @_name "name")
  (#set! kind "library"))

; --- where it stands ---

(function_item
  name: (identifier) @_name
  body: (block) @region
  (#not-eq? @_name "main")
  (#set! region "function"))
(if_expression consequence: (block) @region (#set! region "conditional"))
(if_expression alternative: (_) @region (#set! region "conditional"))
(match_arm value: (_) @region (#set! region "conditional"))

; #[cfg(test)] mod tests { ... }, #[cfg(windows)] ...
([(source_file (attribute_item (attribute (identifier) @_cfg arguments: (token_tree) @_condition))
    . [(mod_item) (use_declaration) (function_item) (impl_item) (extern_crate_declaration)] @region)
  (declaration_list (attribute_item (attribute (identifier) @_cfg arguments: (token_tree) @_condition))
    . [(mod_item) (use_declaration) (function_item) (impl_item)] @region)
  (block (attribute_item (attribute (identifier) @_cfg arguments: (token_tree) @_condition))
    . [(use_declaration) (expression_statement) (let_declaration)] @region)]
  (#eq? @_cfg "cfg")
  (#match? @_condition "^\\( *(test|windows|target_os *= *.(windows|macos|ios|android|freebsd)|not *\\( *(unix|target_os *= *.linux))")
  (#set! region "type-only"))
