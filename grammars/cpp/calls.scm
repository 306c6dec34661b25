; SPDX-License-Identifier: Apache-2.0
; Calls of C++, besides C's, for the rules in calls.conf: std::thread t(f), std::system("x")

(call_expression function: (qualified_identifier) @call arguments: (argument_list) @arguments)
(declaration type: (qualified_identifier) @call)
