; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.
(function_call_expression
  function: (function) @call
  arguments: (list_expression) @arguments)
(ambiguous_function_call_expression
  function: (function) @call
  arguments: (list_expression) @arguments)
([(function_call_expression
    function: (function) @call
    arguments: [(string_literal) (interpolated_string_literal) (scalar) (array) (number)
                (binary_expression) (hash_element_expression)] @argument)
  (ambiguous_function_call_expression
    function: (function) @call
    arguments: [(string_literal) (interpolated_string_literal) (scalar) (array) (number)
                (binary_expression) (hash_element_expression)] @argument)])
(func1op_call_expression function: ["unlink" "rmdir" "chroot" "mkdir"] @call (_) @argument)
(func0op_call_expression function: ["fork" "wait"] @call)
; IO::Socket::INET->new(PeerAddr => 'x')
(method_call_expression
  invocant: [(bareword) (scalar)] @receiver
  method: (method) @call
  arguments: (list_expression) @arguments)
(method_call_expression
  invocant: [(bareword) (scalar)] @receiver
  method: (method) @call
  arguments: [(string_literal) (interpolated_string_literal) (scalar)] @argument)
(method_call_expression
  invocant: [(bareword) (scalar)] @receiver
  method: (method) @call
  arguments: [(anonymous_subroutine_expression) (refgen_expression)
              (anonymous_hash_expression)])
(method_call_expression
  invocant: [(bareword) (scalar)] @receiver
  method: (method) @call .)
; $agent = LWP::UserAgent->new
(assignment_expression
  left: [(scalar) @bind.name (variable_declaration variable: (scalar) @bind.name)]
  right: (method_call_expression
    invocant: (bareword) @receiver
    method: (method) @bind.result))
; What the text defines itself
(subroutine_declaration_statement name: (bareword) @bind.local)

; $ENV{TZ} = 'Europe/Berlin': [TZ=]
(assignment_expression
  left: [
    (hash_element_expression hash: (container_variable) @_env key: (autoquoted_bareword) @call)
    (localization_expression
      (hash_element_expression hash: (container_variable) @_env key: (autoquoted_bareword) @call))]
  right: [(string_literal) (interpolated_string_literal)] @argument
  (#eq? @_env "$ENV")
  (#set! suffix "="))
; my $path = '/usr/share/dict/words'
(assignment_expression
  left: [(scalar) @constant.name (variable_declaration variable: (scalar) @constant.name)]
  right: [(string_literal) (interpolated_string_literal)] @constant)
