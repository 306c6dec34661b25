; SPDX-License-Identifier: Apache-2.0
; What a name stands for when nothing more is known of it: app = express(), db = new Client().
; Behind all other queries, since the first binding of a name is the one that holds.

(variable_declarator
  name: (identifier) @bind.name
  value: [
    (call_expression function: [(identifier) (member_expression)] @bind.result)
    (new_expression constructor: [(identifier) (member_expression)] @bind.result)
    (await_expression (call_expression function: [(identifier) (member_expression)] @bind.result))])
(assignment_expression
  left: (identifier) @bind.name
  right: [
    (call_expression function: [(identifier) (member_expression)] @bind.result)
    (new_expression constructor: [(identifier) (member_expression)] @bind.result)])
