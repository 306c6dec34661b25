; SPDX-License-Identifier: Apache-2.0
; Programs that a text starts.

; `ls`, %x{ls}
((subshell) @code
  (#not-match? @code "^(`|%x.) *#\\{")
  (#set! inject "shell"))

; system "ls -l", exec("ls"), spawn("ls"), IO.popen("sort -u"), Open3.capture2("wc -l")
([(call
    . method: (identifier) @_method
    arguments: (argument_list . (string) @code .))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . (string) @code .))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "system" "exec" "spawn" "popen" "sh" "capture2" "capture2e" "capture3"
    "popen2" "popen2e" "popen3")
  (#set! inject "shell"))
([(call
    . method: (identifier) @_method
    arguments: (argument_list . (string) @code . [(pair) (hash) (block_argument)]))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . (string) @code . [(pair) (hash) (block_argument)]))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "system" "exec" "spawn" "popen" "sh" "capture2" "capture2e" "capture3"
    "popen2" "popen2e" "popen3")
  (#set! inject "shell"))
([(call
    . method: (identifier) @_method
    arguments: (argument_list . (hash) . (string) @code .))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . (hash) . (string) @code .))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "system" "exec" "spawn" "popen" "capture2" "capture2e" "capture3"
    "popen2" "popen2e" "popen3")
  (#set! inject "shell"))
; IO.popen("cmd", "w")
(call
  receiver: (constant) @_io
  method: (identifier) @_method
  arguments: (argument_list . (string) @code . (string))
  (#eq? @_io "IO")
  (#eq? @_method "popen")
  (#set! inject "shell"))

; system("tar", "xf", x)
([(call
    . method: (identifier) @_method
    arguments: (argument_list . (string) @command
      . [(string) (identifier) (call) (constant) (instance_variable) (splat_argument)
         (element_reference) (binary)]) @line)
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . (string) @command
      . [(string) (identifier) (call) (constant) (instance_variable) (splat_argument)
         (element_reference) (binary)]) @line)]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "system" "exec" "spawn" "capture2" "capture2e" "capture3" "popen2" "popen2e"
    "popen3" "sh"))
([(call
    . method: (identifier) @_method
    arguments: (argument_list . (hash) . (string) @command . (string)) @line)
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . (hash) . (string) @command . (string)) @line)]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "system" "exec" "spawn" "capture2" "capture2e" "capture3" "popen2" "popen2e"
    "popen3"))
; IO.popen(["sort", "-u"]), IO.popen([env, "sort"]), Open3.pipeline(["a"], ["b"])
([(call
    . method: (identifier) @_method
    arguments: (argument_list (array . (string) @command) @line))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list (array . (string) @command) @line))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "popen" "pipeline" "pipeline_r" "pipeline_w" "pipeline_rw"))
([(call
    . method: (identifier) @_method
    arguments: (argument_list (string) @code))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list (string) @code))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "pipeline" "pipeline_r" "pipeline_w" "pipeline_rw")
  (#set! inject "shell"))
; open("|ls")
([(call
    . method: (identifier) @_method
    arguments: (argument_list . (string) @code))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . (string) @code))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "open" "read" "readlines")
  (#match? @code "^.[|]")
  (#set! inject "shell"))
; system(*%w[git log]), system(*command)
([(call
    . method: (identifier) @_method
    arguments: (argument_list . (splat_argument (string_array . (bare_string) @command) @line)))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . (splat_argument (string_array . (bare_string) @command) @line)))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "system" "exec" "spawn" "capture2" "capture2e" "capture3"))
([(call
    . method: (identifier) @_method
    arguments: (argument_list (string_array . (bare_string) @command) @line))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list (string_array . (bare_string) @command) @line))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "popen" "pipeline" "pipeline_r" "pipeline_w"))
([(call
    . method: (identifier) @_method
    arguments: (argument_list . [(identifier) @use (constant) @use
                                 (splat_argument [(identifier) (constant)] @use)]))
  (call
    receiver: (constant) @_receiver
    method: (identifier) @_method
    arguments: (argument_list . [(identifier) @use (constant) @use
                                 (splat_argument [(identifier) (constant)] @use)]))]
  (#any-of? @_receiver "Kernel" "Process" "IO" "Open3" "File" "PTY" "FileUtils")
  (#any-of? @_method "system" "exec" "spawn" "popen" "capture2" "capture2e" "capture3" "popen2"
    "popen2e" "popen3")
  (#set! use "command")
  (#set! kind "command"))
(assignment
  left: [(identifier) (constant)] @variable
  right: (string) @code
  (#set! use "command")
  (#set! inject "shell"))
(assignment
  left: [(identifier) (constant)] @variable
  right: [(array . (string) @command) @line (string_array . (bare_string) @command) @line]
  (#set! use "command"))

; Errno::ENOENT: the program may be missing
(begin
  . (_) @region
  (rescue exceptions: (exceptions (scope_resolution) @_error)) @region.end @handler
  (#eq? @_error "Errno::ENOENT")
  (#set! region "guarded-commands"))

; What the program's own methods are called with, when they start it: def run(c) = system(c)
([(method name: (identifier) @function parameters: (method_parameters) @parameters)
  (singleton_method name: (identifier) @function parameters: (method_parameters) @parameters)]
  @function.body)
([(method
    name: (identifier) @function
    parameters: (method_parameters (splat_parameter (identifier) @parameters.rest)))
  (singleton_method
    name: (identifier) @function
    parameters: (method_parameters (splat_parameter (identifier) @parameters.rest)))]
  @function.body)
(call
  method: (identifier) @passed
  arguments: (argument_list . (string) @code)
  (#set! use "command")
  (#set! place "1")
  (#set! inject "shell"))
(call
  method: (identifier) @passed
  arguments: (argument_list
    . [(array . (string) @command) @line (string_array . (bare_string) @command) @line])
  (#set! use "command")
  (#set! place "1"))
(call
  method: (identifier) @passed
  arguments: (argument_list . (string) @command) @line
  (#set! use "command")
  (#set! place "*"))
(subshell . (interpolation (identifier) @use)
  (#set! use "command")
  (#set! kind "command"))
