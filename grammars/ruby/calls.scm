; SPDX-License-Identifier: Apache-2.0
; Calls, for the rules in calls.conf.
(call
  . method: (identifier) @call
  arguments: (argument_list) @arguments)
(call
  receiver: [(constant) (scope_resolution) (identifier) (instance_variable)] @receiver
  method: (identifier) @call
  arguments: (argument_list) @arguments)
(call
  receiver: [(constant) (scope_resolution) (identifier) (instance_variable)] @receiver
  method: (identifier) @call .)
(call
  receiver: [(constant) (scope_resolution) (identifier)] @receiver
  method: (identifier) @call
  . block: (_))
(assignment
  left: [(identifier) (constant) (instance_variable)] @bind.name
  right: (call
    receiver: [(constant) (scope_resolution)] @receiver
    method: (identifier) @bind.result))
(method name: (identifier) @bind.local)

; ENV["TZ"] = "Europe/Berlin": [TZ=]
(assignment
  left: (element_reference object: (constant) @_env (string (string_content) @call))
  right: (string) @argument
  (#eq? @_env "ENV")
  (#set! suffix "="))
; PATH = "/usr/share/dict/words"
(assignment
  left: [(identifier) (constant)] @constant.name
  right: (string) @constant)
