; SPDX-License-Identifier: Apache-2.0
; Programs that a Python program starts.

; subprocess.run(["jq", "-c"]), also as args=[...]
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(list . [(string) (concatenated_string)] @command) @line
       (tuple . [(string) (concatenated_string)] @command) @line
       (binary_operator left: (list . (string) @command) @line)])
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen" "subprocess.getoutput" "pty.spawn"
    "pexpect.spawn" "Popen" "commands.getoutput"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list (keyword_argument
    name: (identifier) @_key
    value: (list . (string) @command) @line))
  (#eq? @_key "args")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen"))

; The interpreter itself, by its own path.
((list . (attribute) @command) @line
  (#resolves? @command "sys.executable")
  (#set! command "python3"))

; subprocess.run([tool, ...]): what the variable holds
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . (list . [(identifier) @use (attribute attribute: (identifier) @use)] @_first))
  (#not-eq? @_first "sys.executable")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen")
  (#set! use "program")
  (#set! kind "command"))
(assignment
  left: [(identifier) @variable (attribute attribute: (identifier) @variable)]
  right: (string) @command
  (#set! use "program"))
(assignment
  left: [(identifier) @variable (attribute attribute: (identifier) @variable)]
  right: (call
    function: [(identifier) (attribute)] @_function
    arguments: (argument_list . (_) . (string) @command))
  (#resolves? @_function "os.environ.get" "os.getenv")
  (#set! use "program"))
(for_statement
  left: (identifier) @variable
  right: [(list (string) @command) (tuple (string) @command)]
  (#set! use "program"))
(for_statement
  left: (identifier) @variable
  right: [(list (list . (string) @command) @line) (tuple (list . (string) @command) @line)
          (list (tuple . (string) @command) @line) (tuple (tuple . (string) @command) @line)]
  (#set! use "command"))
; subprocess.run([tools[0], ...]): not to be seen
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . (list . [(subscript) (call)] @command))
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen"))

; What the program's own functions are called with, when they start it: def run(command): ...
(function_definition
  name: (identifier) @function
  parameters: (parameters) @parameters) @function.body
(function_definition
  name: (identifier) @function
  parameters: (parameters (list_splat_pattern (identifier) @parameters.rest))) @function.body
(call
  function: (identifier) @passed
  arguments: (argument_list
    . [(list . (string) @command) @line
       (tuple . (string) @command) @line
       (binary_operator left: (list . (string) @command) @line)])
  (#set! use "command")
  (#set! place "1"))
(call
  function: (identifier) @passed
  arguments: (argument_list
    . (_)
    . [(list . (string) @command) @line
       (tuple . (string) @command) @line
       (binary_operator left: (list . (string) @command) @line)])
  (#set! use "command")
  (#set! place "2"))
(call
  function: (attribute attribute: (identifier) @passed)
  arguments: (argument_list
    . [(list . (string) @command) @line
       (tuple . (string) @command) @line
       (binary_operator left: (list . (string) @command) @line)])
  (#set! use "command")
  (#set! place "2"))
(call
  function: (identifier) @passed
  arguments: (argument_list
    . [(string) @code
       (concatenated_string) @code
       (binary_operator left: (string) @code)])
  (#set! use "command")
  (#set! place "1")
  (#set! inject "shell"))
(call
  function: (attribute attribute: (identifier) @passed)
  arguments: (argument_list . [(string) (concatenated_string)] @code)
  (#set! use "command")
  (#set! place "2")
  (#set! inject "shell"))
(call
  function: [(identifier) @passed (attribute attribute: (identifier) @passed)]
  arguments: (argument_list . (string) @command) @line
  (#set! use "command")
  (#set! place "*"))
(call
  function: (identifier) @passed
  arguments: (argument_list . (string) @command)
  (#set! use "program")
  (#set! place "1"))
(call
  function: (attribute attribute: (identifier) @passed)
  arguments: (argument_list . (string) @command)
  (#set! use "program")
  (#set! place "2"))

; subprocess.run("ls"): a program's name, unless the shell is asked for
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . [(string) (concatenated_string)] @command) @_arguments
  (#not-match? @_arguments "shell *= *(True|1)")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(string) @code
       (concatenated_string) @code
       (binary_operator left: (string) @code)
       (binary_operator left: (binary_operator left: (string) @code))
       (call function: (attribute object: (string) @code attribute: (identifier) @_format))]
    (keyword_argument name: (identifier) @_key value: [(true) (integer)]))
  (#eq? @_key "shell")
  (#eq? @_format "format")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen")
  (#set! inject "shell"))

; Functions that always go through the shell: os.system("x %s" % y), ("x {}".format(y))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(string) @code
       (concatenated_string) @code
       (binary_operator left: (string) @code)
       (binary_operator left: (binary_operator left: (string) @code))
       (call function: (attribute object: (string) @code attribute: (identifier) @_format))])
  (#eq? @_format "format")
  (#resolves? @_function "os.system" "os.popen" "subprocess.getoutput"
    "subprocess.getstatusoutput" "asyncio.create_subprocess_shell" "commands.getoutput"
    "commands.getstatusoutput" "pexpect.spawn" "pexpect.spawnu" "pexpect.run" "pexpect.runu")
  (#set! inject "shell"))

; subprocess.run(shlex.split("ls -l")), subprocess.run("ls -l".split())
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(call
         function: [(identifier) (attribute)] @_split
         arguments: (argument_list . (string) @code))
       (call
         function: (attribute object: (string) @code attribute: (identifier) @_method))])
  (#resolves? @_split "shlex.split")
  (#eq? @_method "split")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen")
  (#set! inject "shell"))

; Anything else that is computed
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . (call
        function: [(identifier) (attribute)] @_split
        arguments: (argument_list
          . [(identifier) @use (attribute attribute: (identifier) @use)])))
  (#resolves? @_split "shlex.split")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen")
  (#set! use "command")
  (#set! kind "command"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . (call function: (attribute object: (identifier) @use attribute: (identifier) @_method)))
  (#eq? @_method "split")
  (#not-eq? @use "shlex")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen")
  (#set! use "command")
  (#set! kind "command"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(subscript)
       (call function: (identifier) @_inner)
       (call function: (attribute object: (identifier) attribute: (identifier) @_method) @_inner)
       (call function: (attribute object: [(attribute) (call)]) @_inner)
       (call function: (attribute object: (string) attribute: (identifier) @_method))] @command)
  (#not-resolves? @_inner "shlex.split")
  (#not-any-of? @_method "format" "split")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen" "os.system" "os.popen"))

; os.execvp("x", ...), asyncio.create_subprocess_exec("x", ...)
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . (string) @command) @line
  (#resolves? @_function "asyncio.create_subprocess_exec"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . (string) @command)
  (#resolves? @_function "os.execv" "os.execve" "os.execvp" "os.execvpe" "os.execl" "os.execle"
    "os.execlp" "os.execlpe" "os.posix_spawn" "os.posix_spawnp"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . (_) . (string) @command)
  (#resolves? @_function "os.spawnv" "os.spawnve" "os.spawnvp" "os.spawnvpe" "os.spawnl"
    "os.spawnle" "os.spawnlp" "os.spawnlpe"))

; shutil.which("bat"): only asks
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . (string) @command)
  (#resolves? @_function "shutil.which" "distutils.spawn.find_executable")
  (#set! grade "guarded"))

; command = ["ffmpeg", ...] ... subprocess.run(command)
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . [
    (identifier) @use
    (attribute attribute: (identifier) @use)
    (binary_operator left: (identifier) @use)
    (list . (list_splat (identifier) @use))])
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen")
  (#set! use "command")
  (#set! kind "command"))
(assignment
  left: [(identifier) @variable (attribute attribute: (identifier) @variable)]
  right: [(list . (string) @command) @line
          (tuple . (string) @command) @line
          (binary_operator left: (list . (string) @command) @line)]
  (#set! use "command"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(identifier) @use (attribute attribute: (identifier) @use)])
  (#resolves? @_function "os.system" "os.popen" "subprocess.getoutput"
    "subprocess.getstatusoutput")
  (#set! use "command")
  (#set! kind "command"))
(assignment
  left: [(identifier) @variable (attribute attribute: (identifier) @variable)]
  right: [(string) (concatenated_string)] @code
  (#set! use "command")
  (#set! inject "shell"))

; A program that may be missing
(try_statement
  body: (block) @region
  (except_clause
    . [(identifier) @_error
       (tuple (identifier) @_error)
       (as_pattern (identifier) @_error)
       (as_pattern (tuple (identifier) @_error))]) @handler
  (#any-of? @_error "FileNotFoundError" "OSError" "EnvironmentError" "IOError" "Exception"
    "BaseException")
  (#set! region "guarded-commands"))
