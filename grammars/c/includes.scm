; SPDX-License-Identifier: Apache-2.0
; Headers that a C or C++ program includes, and under which condition.

(preproc_include path: [(system_lib_string) (string_literal)] @need (#set! kind "header"))
; #include HEADER
(preproc_include path: [(identifier) (call_expression)] @need (#set! kind "header"))

; --- conditions ---
; What the compiler for Linux defines itself is no condition, nor is what the text defines. What it
; defines for other systems only is never true. All else is false unless somebody asks for it.

(preproc_def "#define" @bind.target name: (identifier) @bind.name)

; #if 0 ... #else
(preproc_if
  condition: (number_literal) @region @_value
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#eq? @_value "0")
  (#set! region "ignored"))
(preproc_if
  condition: (number_literal) @_value
  alternative: (_) @region
  (#eq? @_value "1")
  (#set! region "ignored"))

; #ifdef _WIN32
(preproc_ifdef
  "#ifdef" name: (identifier) @region @_name
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#match? @_name "^(_*(([GQ]_)?(OS_)?WIN(32|64|NT|DOWS)|APPLE|MACH|MSC_VER|MSDOS|DOS|CYGWIN|MINGW(32|64)|FreeBSD|NetBSD|OpenBSD|DragonFly|ANDROID|EMSCRIPTEN|EMSCRIPTEN_PTHREADS|wasm|sun|SVR4|hpux|AIX|QNX|HAIKU|BEOS|OS2|VMS|macintosh|TARGET_OS_[A-Z]+|ARDUINO)_*)$")
  (#set! region "ignored"))
(preproc_elifdef
  name: (identifier) @region @_name
  (#match? @_name "^(_*(([GQ]_)?(OS_)?WIN(32|64|NT|DOWS)|APPLE|MACH|MSC_VER|MSDOS|CYGWIN|MINGW(32|64)|FreeBSD|NetBSD|OpenBSD|ANDROID|EMSCRIPTEN|sun|hpux|AIX)_*)$")
  (#set! region "ignored")) @region.until

; #ifndef __linux__
(preproc_ifdef
  "#ifndef" name: (identifier) @region @_name
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#match? @_name "^(_*(linux|gnu_linux|unix|GNUC|GLIBC|STDC|LP64|ELF)_*)$")
  (#set! region "ignored"))
; #ifdef __linux__ ... #else, #elif
(preproc_ifdef
  "#ifdef" name: (identifier) @_name
  alternative: (_) @region
  (#match? @_name "^(_*(linux|gnu_linux|unix|GNUC|GLIBC|STDC|LP64|ELF)_*)$")
  (#set! region "ignored"))
; #ifndef _WIN32 ... #else
(preproc_ifdef
  "#ifndef" name: (identifier) @_name
  alternative: (_) @region
  (#match? @_name "^(_*(([GQ]_)?(OS_)?WIN(32|64|NT|DOWS)|APPLE|MSC_VER|MSDOS|CYGWIN|MINGW(32|64)|FreeBSD|NetBSD|OpenBSD|ANDROID|EMSCRIPTEN)_*)$")
  (#set! region "ignored"))

; #if defined(_WIN32) || defined(__APPLE__), #elif the same
(preproc_if
  condition: [(preproc_defined) (binary_expression) (parenthesized_expression) (identifier)] @region @_test
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#match? @_test "(WIN32|WIN64|APPLE__|_MSC_VER|CYGWIN__|MINGW|BSD__|ANDROID__|EMSCRIPTEN__|TARGET_OS_)")
  (#not-match? @_test "!|linux|unix|GNUC|< |==")
  (#set! region "ignored"))
(preproc_elif
  condition: [(preproc_defined) (binary_expression) (parenthesized_expression) (identifier)] @region @_test
  [(preproc_include) (declaration) (function_definition) (preproc_def) (preproc_call) (preproc_ifdef) (preproc_if) (expression_statement)] @region.until
  (#match? @_test "(WIN32|WIN64|APPLE__|_MSC_VER|CYGWIN__|MINGW|BSD__|ANDROID__|EMSCRIPTEN__|TARGET_OS_)")
  (#not-match? @_test "!|linux|unix|GNUC|< |==")
  (#set! region "ignored"))
; #if defined(__linux__) ... #else; #if !defined(_WIN32) ... #else
(preproc_if
  condition: [(preproc_defined) (binary_expression) (parenthesized_expression) (identifier)] @_test
  alternative: (_) @region
  (#match? @_test "(linux|unix|GNUC)")
  (#not-match? @_test "!|&&|< |==")
  (#set! region "ignored"))
(preproc_if
  condition: (unary_expression) @_test
  alternative: (_) @region
  (#match? @_test "^! *(defined)? *\\(? *_*(WIN32|WIN64|APPLE|MSC_VER|CYGWIN|MINGW|ANDROID|EMSCRIPTEN)")
  (#set! region "ignored"))
(preproc_if
  condition: (unary_expression) @region @_test
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#match? @_test "^! *(defined)? *\\(? *_*(linux|unix|GNUC)")
  (#set! region "ignored"))

; #ifdef HAVE_X, which the text does not define
(preproc_ifdef
  "#ifdef" name: (identifier) @region @_name
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#not-match? @_name "^(_*(linux|gnu_linux|unix|GNUC|GLIBC|STDC|LP64|ELF|cplusplus|x86_64|amd64|OPTIMIZE|SSE|SSE2|STDC_VERSION)_*)$")
  (#not-resolves? @_name "#define")
  (#set! region "guarded"))
(preproc_if
  condition: [(preproc_defined) (identifier)] @region @_test
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#not-match? @_test "(linux|unix|GNUC|GLIBC|__STDC|cplusplus|x86_64|amd64)")
  (#set! region "guarded"))
(preproc_if
  condition: (binary_expression (preproc_defined (identifier) @_name)) @region @_test
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#not-match? @_test "!|linux|unix|GNUC|GLIBC|__STDC|cplusplus|x86_64|amd64")
  (#not-resolves? @_name "#define")
  (#set! region "guarded"))
(preproc_if
  condition: (_) @region
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#set! region "conditional"))
((preproc_else) @region (#set! region "conditional"))

; #if __has_include(<x.h>): the parser knows no such call, and what follows stands beside it
(preproc_if
  condition: (_) @region @_test
  [(preproc_else) (preproc_elif) (preproc_elifdef) "#endif"] @region.end
  (#contains? @_test "__has_include")
  (#set! region "guarded"))
(translation_unit (ERROR) @region @_test (preproc_call) @region.end
  (#contains? @_test "__has_include")
  (#set! region "guarded"))
