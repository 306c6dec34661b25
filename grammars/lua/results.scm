; SPDX-License-Identifier: Apache-2.0
; What a name stands for when nothing more is known of it: tcp = socket.tcp().
; Behind all other queries, since the first binding of a name is the one that holds.

(assignment_statement
  (variable_list . name: (identifier) @bind.name)
  (expression_list . value: (function_call
    name: [(identifier) (dot_index_expression) (method_index_expression)] @bind.result)))
