; SPDX-License-Identifier: Apache-2.0
; Modules, and the places that decide how much they are needed.

; import a.b, c as d
(import_statement name: (dotted_name) @module)
(import_statement name: (aliased_import name: (dotted_name) @module))

; from a.b import c, d as e;  from . import x;  from a import *
(import_from_statement
  module_name: [(dotted_name) (relative_import)] @module
  name: [(dotted_name) @member (aliased_import name: (dotted_name) @member)])
(import_from_statement
  module_name: [(dotted_name) (relative_import)] @module
  (wildcard_import))

; gi finds gi.repository.X itself.
(import_from_statement
  module_name: (dotted_name) @_module
  (#contains? @_module "gi.")
  (#match? @_module "^gi\\.repository")
  (#set! module "gi"))
(import_statement
  name: [(dotted_name) @_module (aliased_import name: (dotted_name) @_module)]
  (#contains? @_module "gi.")
  (#match? @_module "^gi\\.repository")
  (#set! module "gi"))

; What names mean from here on.
(import_statement
  name: (aliased_import name: (dotted_name) @bind.target alias: (identifier) @bind.name))
(import_from_statement
  module_name: (dotted_name) @bind.target
  name: (dotted_name) @bind.name @bind.member)
(import_from_statement
  module_name: (dotted_name) @bind.target
  name: (aliased_import name: (dotted_name) @bind.member alias: (identifier) @bind.name))
(assignment
  left: (identifier) @bind.name
  right: [(identifier) (attribute)] @bind.target)

; importlib.import_module("x"), __import__("x")
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . [(string) (concatenated_string)] @module.string)
  (#resolves? @_function "importlib.import_module" "__import__" "builtins.__import__"
    "runpy.run_module" "imp.find_module" "importlib.__import__")
  (#set! grade "dynamic-literal"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    (keyword_argument name: (identifier) @_key value: (string) @module.string))
  (#eq? @_key "name")
  (#resolves? @_function "importlib.import_module" "__import__" "builtins.__import__")
  (#set! grade "dynamic-literal"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . (identifier) @use)
  (#resolves? @_function "importlib.import_module" "__import__" "builtins.__import__")
  (#set! use "module")
  (#set! kind "module"))
(assignment
  left: (identifier) @variable
  right: (string) @module.string
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(for_statement
  left: (identifier) @variable
  right: [(tuple (string) @module.string) (list (string) @module.string)]
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(attribute) (call) (binary_operator) (subscript) (conditional_expression)
       (boolean_operator) (parenthesized_expression) (list_splat)] @module.string)
  (#resolves? @_function "importlib.import_module" "__import__" "builtins.__import__")
  (#set! grade "dynamic-unknown"))

; Asks whether it is there, or does without.
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . (string) @module.string)
  (#resolves? @_function "importlib.util.find_spec" "pkgutil.find_loader" "importlib.find_loader"
    "pytest.importorskip")
  (#set! grade "guarded"))

; sys.path.insert(0, "lib"), sys.path.append(os.path.join(here, "lib"))
(call
  function: (attribute) @_function
  arguments: (argument_list [
    (string) @search
    (call arguments: (argument_list (string) @search))
    (call arguments: (argument_list (call arguments: (argument_list (string) @search))))
    (binary_operator right: (string) @search)
    (call arguments: (argument_list (binary_operator right: (string) @search)))])
  (#resolves? @_function "sys.path.insert" "sys.path.append" "site.addsitedir"))

; --- where it stands ---

(function_definition body: (block) @region (#set! region "function"))
(lambda body: (_) @region (#set! region "function"))

; Bodies of conditions, but for the one that says "run as a program".
(if_statement
  condition: (_) @_condition
  consequence: (block) @region
  (#not-contains? @_condition "__name__")
  (#set! region "conditional"))
(if_statement
  condition: (_) @_condition
  alternative: [(elif_clause) (else_clause)] @region
  (#not-contains? @_condition "__name__")
  (#set! region "conditional"))
(except_clause (block) @region (#set! region "conditional"))
(except_group_clause (block) @region (#set! region "conditional"))
(case_clause consequence: (block) @region (#set! region "conditional"))
((conditional_expression) @region (#set! region "conditional"))

; try: ... except ImportError: the body may fail, the handler's body is what is done instead.
(try_statement
  body: (block) @region
  (except_clause
    . [(identifier) @_error
       (attribute) @_error
       (tuple [(identifier) (attribute)] @_error)
       (as_pattern (identifier) @_error)
       (as_pattern (attribute) @_error)
       (as_pattern (tuple [(identifier) (attribute)] @_error))]) @handler
  (#any-of? @_error "ImportError" "ModuleNotFoundError" "Exception" "BaseException"
    "builtins.ImportError")
  (#set! region "guarded-modules"))
(try_statement
  body: (block) @region
  (except_clause . (block)) @handler
  (#set! region "guarded"))
(except_clause
  . [(identifier) @_error
     (attribute) @_error
     (tuple [(identifier) (attribute)] @_error)
     (as_pattern (identifier) @_error)
     (as_pattern (attribute) @_error)
     (as_pattern (tuple [(identifier) (attribute)] @_error))]
  (block) @region
  (#any-of? @_error "ImportError" "ModuleNotFoundError" "builtins.ImportError")
  (#set! region "guarded-modules"))

; A handler that ends the program does not do without: what it guards is required after all.
(try_statement
  body: (block) @region
  (except_clause
    (block [
      (raise_statement)
      (expression_statement (call function: [(identifier) (attribute)] @_function))])) @handler
  (#resolves? @_function "sys.exit" "exit" "quit" "os._exit" "SystemExit" "os.abort")
  (#set! region "required"))
(with_statement
  (with_clause (with_item value: (call
    function: [(identifier) (attribute)] @_function
    arguments: (argument_list [(identifier) (attribute)] @_error))))
  body: (block) @region
  (#any-of? @_error "ImportError" "ModuleNotFoundError" "Exception" "BaseException")
  (#resolves? @_function "contextlib.suppress")
  (#set! region "guarded-modules"))

; Only where it is there
(if_statement
  condition: (_) @_condition
  consequence: (block) @region
  (#contains? @_condition "find_spec(" "find_loader(")
  (#not-match? @_condition "^not |is None")
  (#set! region "guarded-modules"))

; Only for the type checker.
(if_statement
  condition: [(identifier) (attribute)] @_condition
  consequence: (block) @region
  (#resolves? @_condition "TYPE_CHECKING" "typing.TYPE_CHECKING"
    "typing_extensions.TYPE_CHECKING" "MYPY")
  (#set! region "type-only"))
(if_statement
  condition: (not_operator argument: [(identifier) (attribute)] @_condition)
  alternative: (else_clause) @region
  (#resolves? @_condition "TYPE_CHECKING" "typing.TYPE_CHECKING" "MYPY")
  (#set! region "type-only"))
(if_statement
  condition: [(false) (integer) @_zero]
  consequence: (block) @region
  (#eq? @_zero "0")
  (#set! region "type-only"))

; Not on this interpreter: the side of a condition that an old Python takes.
([(if_statement condition: (_) @_condition consequence: (block) @region)
  (elif_clause condition: (_) @_condition consequence: (block) @region)]
  (#contains? @_condition "version" "PY2" "PY3" "PY_" "hexversion")
  (#match? @_condition "(version_info(\\[0\\]|\\[:[1-3]\\]|\\.major)?|PY_MAJOR|PY_VERSION) *(<|<=|== *\\(?2)|^(six\\.)?PY2$|^not +(six\\.)?PY3$|python_version.*< *.3|hexversion *<")
  (#set! region "guarded-modules"))
(if_statement
  condition: (_) @_condition
  alternative: (else_clause) @region
  (#contains? @_condition "version" "PY2" "PY3" "PY_" "hexversion")
  (#match? @_condition "(version_info(\\[0\\]|\\[:[1-3]\\]|\\.major)?|PY_MAJOR|PY_VERSION) *(>|>=|== *\\(?3)|^(six\\.)?PY3$|^not +(six\\.)?PY2$|hexversion *>")
  (#set! region "guarded-modules"))

; Not on this system.
([(if_statement condition: (_) @_condition consequence: (block) @region)
  (elif_clause condition: (_) @_condition consequence: (block) @region)]
  (#contains? @_condition "platform" "os.name" "os_name")
  (#match? @_condition "(sys\\.platform|os\\.name|platform\\.system\\(\\)|^platform|^os_name)[^!]*(==|startswith *\\(|in +[(\\[{]) *[(\\[{]?.(win|nt|cygwin|darwin|mac|Darwin|Windows|java|msys|freebsd|aix|sunos)")
  (#set! region "guarded"))
(if_statement
  condition: (_) @_condition
  alternative: (else_clause) @region
  (#contains? @_condition "platform" "os.name" "os_name")
  (#match? @_condition "(sys\\.platform|os\\.name|platform\\.system\\(\\))[^!]*(==|startswith *\\() *.(linux|posix|Linux)|(sys\\.platform|os\\.name|platform\\.system\\(\\)) *!= *.(win|nt|darwin|Windows|Darwin)")
  (#set! region "guarded"))
