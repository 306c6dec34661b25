; SPDX-License-Identifier: Apache-2.0
; Modules, and the places that decide how much they are needed.

; import a.b.C; import a.b.*; import static a.b.C.d
(import_declaration [(scoped_identifier) (identifier)] @module)

; a.b.C written out where it is used
((scoped_type_identifier) @module
  (#match? @module "^(org|com|net|io|javax|jakarta|de|edu|gnu)\\.[a-z0-9_.]+\\.[A-Z][A-Za-z0-9]*$"))
((field_access) @module
  (#match? @module "^(org|com|net|io|javax|jakarta|de|edu|gnu)\\.[a-z0-9_.]+\\.[A-Z][A-Za-z0-9]*$"))

; Class.forName("a.b.C"), loader.loadClass("a.b.C")
(method_invocation
  name: (identifier) @_method
  arguments: (argument_list . (string_literal) @module.string)
  (#any-of? @_method "forName" "loadClass")
  (#contains? @module.string ".")
  (#set! grade "dynamic-literal"))

(method_invocation
  object: (identifier) @_class
  name: (identifier) @_method
  arguments: (argument_list . [(identifier) (array_access) (method_invocation)
                               (binary_expression)] @module.string)
  (#eq? @_class "Class")
  (#eq? @_method "forName"))

; What names mean from here on.
(import_declaration (scoped_identifier name: (identifier) @bind.name) @bind.target)

(import_declaration (scoped_identifier) @bind.all (asterisk))

; What the text brings itself
(package_declaration [(scoped_identifier) (identifier)] @define (#set! kind "module"))

; A native library
(method_invocation
  object: (identifier) @_system
  name: (identifier) @_method
  arguments: (argument_list . (string_literal) @need)
  (#eq? @_system "System")
  (#eq? @_method "loadLibrary")
  (#set! kind "library"))

; A driver is found by the address; it may be put into a variable first.
((string_literal) @_address
  (#contains? @_address "jdbc:")
  (#match? @_address "^.jdbc:sqlite:")
  (#set! module "org.sqlite.JDBC")
  (#set! grade "implied"))
((string_literal) @_address
  (#contains? @_address "jdbc:")
  (#match? @_address "^.jdbc:postgresql:")
  (#set! module "org.postgresql.Driver")
  (#set! grade "implied"))
((string_literal) @_address
  (#contains? @_address "jdbc:")
  (#match? @_address "^.jdbc:(mariadb|mysql):")
  (#set! module "org.mariadb.jdbc.Driver")
  (#set! grade "implied"))
((string_literal) @_address
  (#contains? @_address "jdbc:")
  (#match? @_address "^.jdbc:h2:")
  (#set! module "h2")
  (#set! grade "implied"))
((string_literal) @_address
  (#contains? @_address "jdbc:")
  (#match? @_address "^.jdbc:hsqldb:")
  (#set! module "hsqldb")
  (#set! grade "implied"))
((string_literal) @_address
  (#contains? @_address "jdbc:")
  (#match? @_address "^.jdbc:derby:")
  (#set! module "derby")
  (#set! grade "implied"))

; --- where it stands ---

(method_declaration
  name: (identifier) @_name
  body: (block) @region
  (#not-eq? @_name "main")
  (#set! region "function"))
(lambda_expression body: (_) @region (#set! region "function"))
(if_statement consequence: (_) @region (#set! region "conditional"))
(if_statement alternative: (_) @region (#set! region "conditional"))
((ternary_expression) @region (#set! region "conditional"))
(catch_clause body: (block) @region (#set! region "conditional"))

; try { Class.forName("x") } catch (ClassNotFoundException e) { }
(try_statement
  body: (block) @region
  (catch_clause (catch_formal_parameter (catch_type (type_identifier) @_error))) @handler
  (#any-of? @_error "ClassNotFoundException" "ReflectiveOperationException"
    "NoClassDefFoundError" "LinkageError")
  (#set! region "guarded-modules"))
(try_statement
  body: (block) @region
  (catch_clause
    (catch_formal_parameter (catch_type (type_identifier) @_error))
    body: (block (throw_statement))) @handler
  (#any-of? @_error "ClassNotFoundException" "ReflectiveOperationException"
    "NoClassDefFoundError" "LinkageError")
  (#set! region "required-modules"))
(try_statement
  body: (block) @region
  (catch_clause
    (catch_formal_parameter (catch_type (type_identifier) @_error))
    body: (block (expression_statement (method_invocation
      object: (identifier) @_system
      name: (identifier) @_exit)))) @handler
  (#any-of? @_error "ClassNotFoundException" "ReflectiveOperationException"
    "NoClassDefFoundError" "LinkageError")
  (#eq? @_system "System")
  (#eq? @_exit "exit")
  (#set! region "required-modules"))
