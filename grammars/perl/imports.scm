; SPDX-License-Identifier: Apache-2.0
; Modules, and the places that decide how much they are needed.

; use A::B 1.2 qw(x); no A::B
(use_statement module: (package) @module)

; use parent qw(A B), -norequire, 'C'
(use_statement
  module: (package) @_pragma
  [(quoted_word_list) (string_literal) (interpolated_string_literal)] @module.words
  (#any-of? @_pragma "parent" "base" "Mojo::Base" "aliased" "autouse" "superclass")
  (#not-contains? @module.words "-norequire"))
(use_statement
  module: (package) @_pragma
  (list_expression
    [(quoted_word_list) (string_literal) (interpolated_string_literal)] @module.words) @_all
  (#any-of? @_pragma "parent" "base" "superclass")
  (#not-contains? @_all "-norequire"))
(use_statement
  module: (package) @_pragma
  (list_expression . [(string_literal) (interpolated_string_literal)] @module.words)
  (#any-of? @_pragma "Mojo::Base" "aliased" "autouse"))

; use Inline C => "...": compiles it when it runs
(use_statement
  module: (package) @_inline
  [(string_literal) @_language
   (interpolated_string_literal) @_language
   (list_expression . [(autoquoted_bareword) (string_literal)
                       (interpolated_string_literal)] @_language)]
  (#eq? @_inline "Inline")
  (#match? @_language "^.?C.?$")
  (#set! module "Inline::C"))

; use if CONDITION, 'A::B': not for another system's sake, nor for an old perl's
(use_statement
  module: (package) @_if
  (list_expression
    . (_) @_condition
    . [(string_literal) (interpolated_string_literal) (autoquoted_bareword)] @module.string)
  (#eq? @_if "if")
  (#not-match? @_condition "\\$(\\^O|OSNAME).*(MSWin|[dD]arwin|cygwin|VMS|os2)|\\$(\\]|\\^V) *<|[Ii]s_?[Ww]in")
  (#set! grade "dynamic-literal"))
(use_statement
  module: (package) @_if
  (list_expression
    . (_) @_condition
    . [(string_literal) (interpolated_string_literal) (autoquoted_bareword)] @module.string)
  (#eq? @_if "if")
  (#match? @_condition "\\$(\\^O|OSNAME).*(MSWin|[dD]arwin|cygwin|VMS|os2)|\\$(\\]|\\^V) *<|[Ii]s_?[Ww]in")
  (#set! grade "guarded"))

; require A::B; require "a/b.pl"; require $x
(require_expression (bareword) @module)
(require_expression [(string_literal) (interpolated_string_literal)] @module.file)
(require_expression
  [(scalar) (hash_element_expression) (array_element_expression) (binary_expression)
   (function_call_expression) (method_call_expression)] @module.string)

; A::B->require; A::B->use
(method_call_expression
  invocant: (bareword) @module
  method: (method) @_method
  (#eq? @_method "require")
  (#set! grade "dynamic-literal"))

; do "file.pl"
(eval_expression
  (filename [(string_literal) (interpolated_string_literal)] @script))

; Loaders that take a module's name
([(function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal)] @module.string)
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression . [(string_literal) (interpolated_string_literal)] @module.string))
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal)] @module.string)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . [(string_literal) (interpolated_string_literal)] @module.string))]
  (#match? @_function "^(Module::Load::(load|autoload)|(Module::Runtime::)?(require_module|use_module|use_package_optimistically)|(Class::Load::|Class::MOP::|Mojo::Loader::)?load_class|(Test::More::)?(use_ok|require_ok)|load_module|extends)$")
  (#set! grade "dynamic-literal"))
([(function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal)] @module.string)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal)] @module.string)]
  (#any-of? @_function "load" "autoload")
  (#contains? @module.string "::")
  (#set! grade "dynamic-literal"))
; with 'A', 'B'; extends 'C', 'D'
([(ambiguous_function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal) (quoted_word_list)] @module.words)
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression
      [(string_literal) (interpolated_string_literal) (quoted_word_list)] @module.words))
  (function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal) (quoted_word_list)] @module.words)
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression
      [(string_literal) (interpolated_string_literal) (quoted_word_list)] @module.words))]
  (#any-of? @_function "extends" "with")
  (#match? @module.words "^(qw *)?.[A-Z]")
  (#set! grade "dynamic-literal"))
; Ask whether it is there
([(function_call_expression
    function: (function) @_function
    arguments: [(string_literal) (interpolated_string_literal)] @module.string)
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression . [(string_literal) (interpolated_string_literal)] @module.string))
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression (anonymous_hash_expression (list_expression
      [(string_literal) (interpolated_string_literal)] @module.string "=>"))))]
  (#any-of? @_function "try_load_class" "load_optional_class" "load_first_existing_class"
    "can_load" "check_install" "Class::Load::try_load_class" "Module::Load::Conditional::can_load")
  (#set! grade "guarded"))
([(function_call_expression function: (function) @_function arguments: (scalar) @use)
  (ambiguous_function_call_expression function: (function) @_function arguments: (scalar) @use)]
  (#match? @_function "^(Module::Load::load|(Module::Runtime::)?(require_module|use_module)|(Class::Load::)?load_class)$")
  (#set! use "module")
  (#set! kind "module"))
(assignment_expression
  left: [(scalar) @variable (variable_declaration variable: (scalar) @variable)]
  right: [(string_literal) (interpolated_string_literal)] @module.string
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(for_statement
  variable: (scalar) @variable
  list: [(quoted_word_list) @module.words
         (list_expression [(string_literal) (interpolated_string_literal)] @module.words)]
  (#set! use "module")
  (#set! grade "dynamic-literal"))

; for my $m (qw(A B)) { eval "require $m; 1" or die }; without the end the names are optional.
(eval_expression
  (interpolated_string_literal content: (string_content (scalar) @use) @_code)
  (#match? @_code "^ *(require|use) +\\$")
  (#set! use "tried")
  (#set! kind "module"))
(lowprec_logical_expression
  left: (eval_expression
    (interpolated_string_literal content: (string_content (scalar) @use) @_code))
  operator: "or"
  right: [(function) @_die (ambiguous_function_call_expression function: (function) @_die)]
  (#match? @_code "^ *(require|use) +\\$")
  (#any-of? @_die "die" "croak" "confess" "exit" "BAIL_OUT")
  (#set! use "module")
  (#set! kind "module"))
(binary_expression
  left: (eval_expression
    (interpolated_string_literal content: (string_content (scalar) @use) @_code))
  operator: "||"
  right: [(function) @_die (ambiguous_function_call_expression function: (function) @_die)
          (function_call_expression function: (function) @_die)]
  (#match? @_code "^ *(require|use) +\\$")
  (#any-of? @_die "die" "croak" "confess" "exit" "BAIL_OUT")
  (#set! use "module")
  (#set! kind "module"))
(for_statement
  variable: (scalar) @variable
  list: [(quoted_word_list) @module.words
         (list_expression [(string_literal) (interpolated_string_literal)] @module.words)]
  (#set! use "tried")
  (#set! grade "guarded"))
(assignment_expression
  left: [(scalar) @variable (variable_declaration variable: (scalar) @variable)]
  right: [(string_literal) (interpolated_string_literal)] @module.string
  (#set! use "tried")
  (#set! grade "guarded"))

; eval "use A; 1"
(eval_expression
  [(string_literal) (interpolated_string_literal)] @code
  (#not-match? @code "^.(q[{(]?)? *(require|use) +\\$")
  (#set! inject "perl"))

; What the text brings itself
(package_statement name: (package) @define (#set! kind "module"))
(class_statement name: (package) @define (#set! kind "module"))

; Parts of the core that are loaded for a piece of syntax
((interpolated_string_literal) @_text
  (#contains? @_text "\\N{")
  (#match? @_text "\\\\N\\{([A-TV-Z]|U[^+])")
  (#set! module "_charnames"))
([(ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_) . (refgen_expression)))
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression . (_) . (_) . (refgen_expression)))]
  (#eq? @_function "open")
  (#set! module "PerlIO::scalar"))
([(ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression (_) . [(string_literal) (interpolated_string_literal)] @_layer))
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression (_) . [(string_literal) (interpolated_string_literal)] @_layer))]
  (#any-of? @_function "open" "binmode")
  (#contains? @_layer ":encoding(")
  (#set! module "PerlIO::encoding"))
([(ambiguous_function_call_expression function: (function) @_function)
  (function_call_expression function: (function) @_function)]
  (#eq? @_function "dbmopen")
  (#set! module "AnyDBM_File"))

; use lib "lib", "$FindBin::Bin/../lib", dirname(__FILE__) . "/lib", catdir($Bin, 'lib')
(use_statement
  module: (package) @_lib
  [(string_literal) @search
   (interpolated_string_literal) @search
   (quoted_word_list) @search
   (list_expression [(string_literal) (interpolated_string_literal)] @search)
   (binary_expression right: [(string_literal) (interpolated_string_literal)] @search)
   (method_call_expression arguments: (list_expression
     [(string_literal) (interpolated_string_literal)] @search))
   (function_call_expression arguments: (list_expression
     [(string_literal) (interpolated_string_literal)] @search))]
  (#eq? @_lib "lib"))
([(ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression . (array) @_inc
      [(string_literal) (interpolated_string_literal)] @search))
  (function_call_expression
    function: (function) @_function
    arguments: (list_expression . (array) @_inc
      [(string_literal) (interpolated_string_literal)] @search))]
  (#any-of? @_function "unshift" "push")
  (#eq? @_inc "@INC"))

; --- where it stands ---

(subroutine_declaration_statement body: (block) @region (#set! region "function"))
(method_declaration_statement body: (block) @region (#set! region "function"))
(anonymous_subroutine_expression body: (block) @region (#set! region "function"))
(conditional_statement block: (block) @region (#set! region "conditional"))
(elsif block: (block) @region (#set! region "conditional"))
(else block: (block) @region (#set! region "conditional"))
((postfix_conditional_expression) @region (#set! region "conditional"))
((conditional_expression) @region (#set! region "conditional"))
([(lowprec_logical_expression operator: ["or" "and"] right: (_) @region)
  (binary_expression operator: ["||" "//" "&&"] right: (_) @region)]
  (#set! region "conditional"))
(try_statement catch_block: (block) @region (#set! region "conditional"))

; eval { require A }, eval "use A", try { require A }
(eval_expression
  [(block) (string_literal) (interpolated_string_literal)] @region
  (#set! region "guarded-modules"))
(try_statement try_block: (block) @region (#set! region "guarded-modules"))

; ... or die: it does not do without after all.
([(lowprec_logical_expression
    left: (eval_expression [(block) (string_literal) (interpolated_string_literal)] @region)
    operator: "or"
    right: [(function) @_die
            (ambiguous_function_call_expression function: (function) @_die)
            (function_call_expression function: (function) @_die)
            (func1op_call_expression function: "exit" @_die)
            (do_expression (block (expression_statement [
              (ambiguous_function_call_expression function: (function) @_die)
              (function_call_expression function: (function) @_die)
              (func1op_call_expression function: "exit" @_die)])))])
  (binary_expression
    left: (eval_expression [(block) (string_literal) (interpolated_string_literal)] @region)
    operator: "||"
    right: [(function) @_die
            (ambiguous_function_call_expression function: (function) @_die)
            (function_call_expression function: (function) @_die)
            (func1op_call_expression function: "exit" @_die)
            (do_expression (block (expression_statement [
              (ambiguous_function_call_expression function: (function) @_die)
              (function_call_expression function: (function) @_die)
              (func1op_call_expression function: "exit" @_die)])))])
  (lowprec_logical_expression
    left: (lowprec_logical_expression
      right: (eval_expression [(block) (string_literal) (interpolated_string_literal)] @region))
    operator: "or"
    right: [(function) @_die
            (ambiguous_function_call_expression function: (function) @_die)
            (function_call_expression function: (function) @_die)
            (func1op_call_expression function: "exit" @_die)])]
  (#any-of? @_die "die" "croak" "confess" "exit" "BAIL_OUT" "usage" "pod2usage")
  (#set! region "required-modules"))
; unless (eval { ... }) { die }, if (!eval { ... }) { die }
(conditional_statement
  "unless"
  condition: (eval_expression
    [(block) (string_literal) (interpolated_string_literal)] @region)
  block: (block (expression_statement [
    (ambiguous_function_call_expression function: (function) @_die)
    (function_call_expression function: (function) @_die)
    (func1op_call_expression function: "exit" @_die)]))
  (#any-of? @_die "die" "croak" "confess" "exit" "BAIL_OUT" "usage" "pod2usage")
  (#set! region "required-modules"))
(conditional_statement
  condition: (unary_expression operand: (eval_expression
    [(block) (string_literal) (interpolated_string_literal)] @region))
  block: (block (expression_statement [
    (ambiguous_function_call_expression function: (function) @_die)
    (function_call_expression function: (function) @_die)
    (func1op_call_expression function: "exit" @_die)]))
  (#any-of? @_die "die" "croak" "confess" "exit" "BAIL_OUT" "usage" "pod2usage")
  (#set! region "required-modules"))
; eval { ... }; die $@ if $@; and eval { ... }; if ($@) { die }
([(source_file
    (expression_statement (eval_expression
      [(block) (string_literal) (interpolated_string_literal)] @region))
    . [(expression_statement (postfix_conditional_expression
         [(ambiguous_function_call_expression function: (function) @_die)
          (function_call_expression function: (function) @_die)
          (func1op_call_expression function: "exit" @_die)]
         condition: (scalar) @_error))
       (conditional_statement
         condition: (scalar) @_error
         block: (block (expression_statement [
           (ambiguous_function_call_expression function: (function) @_die)
           (function_call_expression function: (function) @_die)
           (func1op_call_expression function: "exit" @_die)])))])
  (block
    (expression_statement (eval_expression
      [(block) (string_literal) (interpolated_string_literal)] @region))
    . [(expression_statement (postfix_conditional_expression
         [(ambiguous_function_call_expression function: (function) @_die)
          (function_call_expression function: (function) @_die)
          (func1op_call_expression function: "exit" @_die)]
         condition: (scalar) @_error))
       (conditional_statement
         condition: (scalar) @_error
         block: (block (expression_statement [
           (ambiguous_function_call_expression function: (function) @_die)
           (function_call_expression function: (function) @_die)
           (func1op_call_expression function: "exit" @_die)])))])]
  (#eq? @_error "$@")
  (#any-of? @_die "die" "croak" "confess" "exit" "BAIL_OUT" "usage" "pod2usage")
  (#set! region "required-modules"))
(try_statement
  try_block: (block) @region
  catch_block: (block (expression_statement [
    (ambiguous_function_call_expression function: (function) @_die)
    (function_call_expression function: (function) @_die)
    (func1op_call_expression function: "exit" @_die)]))
  (#any-of? @_die "die" "croak" "confess" "exit")
  (#set! region "required-modules"))

; Not on this system
([(conditional_statement condition: (_) @_condition block: (block) @region)
  (elsif condition: (_) @_condition block: (block) @region)]
  (#contains? @_condition "^O" "OSNAME")
  (#match? @_condition "^[^!]*\\$(\\^O|\\{\\^O\\}|OSNAME) *(eq|=~) *(m?.)\\^?(MSWin|Win|[dD]arwin|cygwin|VMS|os2|solaris|[A-Za-z]*bsd)")
  (#set! region "guarded"))
