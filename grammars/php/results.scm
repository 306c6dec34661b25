; SPDX-License-Identifier: Apache-2.0
; What a name stands for when nothing more is known of it: $ftp = new Client(), $c = curl_init().
; Behind all other queries, since the first binding of a name is the one that holds.

(assignment_expression
  left: (variable_name) @bind.name
  right: [
    (function_call_expression function: [(name) (qualified_name)] @bind.result)
    (object_creation_expression [(name) (qualified_name)] @bind.result)])
