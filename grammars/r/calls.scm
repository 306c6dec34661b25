; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.

(call
  function: [(identifier) (namespace_operator) (extract_operator)] @call
  arguments: (arguments) @arguments)

; library(x): its functions are to be had without it
(call
  function: (identifier) @_library
  arguments: (arguments . argument: (argument . value: (identifier) @bind.all))
  (#any-of? @_library "library" "require"))

(binary_operator
  lhs: (identifier) @bind.local
  operator: ["<-" "="]
  rhs: (function_definition))
(binary_operator
  lhs: (identifier) @constant.name
  operator: ["<-" "="]
  rhs: [(string) (float) (integer)] @constant)
(for_statement variable: (identifier) @constant.name sequence: (_) @constant)
