; SPDX-License-Identifier: Apache-2.0
; Packages.

(import_spec path: [(interpreted_string_literal) (raw_string_literal)] @module.string)

; What names mean from here on.
(import_spec
  name: (package_identifier) @bind.name
  path: (interpreted_string_literal) @bind.string)

(import_spec
  . path: (interpreted_string_literal
    (interpreted_string_literal_content) @bind.name @bind.string))

; import "C": the C compiler, and its library's headers
(import_spec
  path: (interpreted_string_literal) @command
  (#eq? @command "\"C\"")
  (#set! command "gcc"))
(import_spec
  path: (interpreted_string_literal) @_c
  (#eq? @_c "\"C\"")
  (#set! module "C"))

; --- where it stands ---

(function_declaration
  name: (identifier) @_name
  body: (block) @region
  (#not-any-of? @_name "main" "init")
  (#set! region "function"))
(method_declaration body: (block) @region (#set! region "function"))
(if_statement consequence: (block) @region (#set! region "conditional"))
(if_statement alternative: (_) @region (#set! region "conditional"))
((expression_case) @region (#set! region "conditional"))
