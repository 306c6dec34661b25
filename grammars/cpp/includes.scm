; SPDX-License-Identifier: Apache-2.0
; Headers that a C++ program includes.

(preproc_include path: [(system_lib_string) (string_literal)] @need (#set! kind "header"))
; #include HEADER
(preproc_include path: [(identifier) (call_expression)] @need (#set! kind "header"))
