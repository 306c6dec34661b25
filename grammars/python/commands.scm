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

; subprocess.run([tool, ...]), subprocess.run(shlex.split(...)): not to be seen
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . (list . [(identifier) (subscript) (call)] @command))
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen"))

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
    "commands.getstatusoutput")
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
        arguments: (argument_list . [(identifier) (attribute)] @command)))
  (#resolves? @_split "shlex.split")
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list
    . [(attribute) (subscript)
       (call function: (identifier) @_inner)
       (call function: (attribute object: [(identifier) (attribute) (call)]) @_inner)
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
    (binary_operator left: (identifier) @use)
    (list . (list_splat (identifier) @use))])
  (#resolves? @_function "subprocess.run" "subprocess.call" "subprocess.check_call"
    "subprocess.check_output" "subprocess.Popen")
  (#set! use "command")
  (#set! kind "command"))
(assignment
  left: (identifier) @variable
  right: [(list . (string) @command) @line
          (tuple . (string) @command) @line
          (binary_operator left: (list . (string) @command) @line)]
  (#set! use "command"))
(call
  function: [(identifier) (attribute)] @_function
  arguments: (argument_list . (identifier) @use)
  (#resolves? @_function "os.system" "os.popen" "subprocess.getoutput"
    "subprocess.getstatusoutput")
  (#set! use "command")
  (#set! kind "command"))
(assignment
  left: (identifier) @variable
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
