; SPDX-License-Identifier: Apache-2.0
; Modules, and the places that decide how much they are needed.

; require "a/b"; require "a/b.rb"
(call
  . method: (identifier) @_method
  arguments: (argument_list . (string) @module.file)
  (#eq? @_method "require"))
(call
  . method: (identifier) @_method
  arguments: (argument_list . [(identifier) (binary) (element_reference) (constant)] @module.string)
  (#eq? @_method "require")
  (#not-match? @module.string "^[a-z_][a-z_0-9]*$"))

; require_relative "x"; require File.expand_path("../x", __FILE__); require File.join(__dir__, "x")
(call
  . method: (identifier) @_method
  arguments: (argument_list . (string) @module.relative)
  (#eq? @_method "require_relative"))
(call
  . method: (identifier) @_method
  arguments: (argument_list . (call
    receiver: (constant) @_file
    method: (identifier) @_path
    arguments: (argument_list (string) @module.relative)))
  (#any-of? @_method "require" "require_relative" "load")
  (#eq? @_file "File")
  (#any-of? @_path "expand_path" "join"))
(call
  . method: (identifier) @_method
  arguments: (argument_list . (binary right: (string) @module.relative))
  (#any-of? @_method "require" "load"))

; load "x.rb"
(call
  . method: (identifier) @_method
  arguments: (argument_list . (string) @script)
  (#any-of? @_method "load" "eval_file"))

; autoload :Name, "a/b"
(call
  . method: (identifier) @_method
  arguments: (argument_list (_) . (string) @module.file)
  (#eq? @_method "autoload")
  (#set! grade "dynamic-literal"))

; gem "name", "~> 5"
(call
  . method: (identifier) @_method
  arguments: (argument_list . (string) @need)
  (#eq? @_method "gem")
  (#set! kind "distribution")
  (#set! grade "declared"))

; Bundler.require, require "bundler/setup"
(call
  receiver: (constant) @_bundler
  method: (identifier) @_method
  (#eq? @_bundler "Bundler")
  (#any-of? @_method "require" "setup")
  (#set! module "bundler"))

; %w[json csv].each { |name| require name }
(call
  . method: (identifier) @_method
  arguments: (argument_list . (identifier) @use)
  (#any-of? @_method "require" "gem")
  (#set! use "module")
  (#set! kind "module"))
(call
  receiver: [(string_array (bare_string) @module.string) (array (string) @module.string)]
  method: (identifier) @_each
  block: [(block parameters: (block_parameters . (identifier) @variable))
          (do_block parameters: (block_parameters . (identifier) @variable))]
  (#any-of? @_each "each" "map" "each_with_index" "each_entry")
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(for
  pattern: (identifier) @variable
  value: (in [(string_array (bare_string) @module.string) (array (string) @module.string)])
  (#set! use "module")
  (#set! grade "dynamic-literal"))
(assignment
  left: (identifier) @variable
  right: (string) @module.string
  (#set! use "module")
  (#set! grade "dynamic-literal"))

; $LOAD_PATH.unshift File.expand_path("../lib", __FILE__), $: << "lib"
(call
  receiver: (global_variable) @_path
  method: (identifier) @_method
  arguments: (argument_list [
    (string) @search
    (call arguments: (argument_list (string) @search))
    (call arguments: (argument_list (call arguments: (argument_list (string) @search))))
    (binary right: (string) @search)])
  (#any-of? @_path "$LOAD_PATH" "$:" "$-I")
  (#any-of? @_method "unshift" "push" "append" "prepend" "insert" "concat" "<<"))
(binary
  left: (global_variable) @_path
  operator: "<<"
  right: [(string) @search
          (call arguments: (argument_list (string) @search))
          (binary right: (string) @search)]
  (#any-of? @_path "$LOAD_PATH" "$:" "$-I"))

; --- where it stands ---

(method body: (body_statement) @region (#set! region "function"))
(singleton_method body: (body_statement) @region (#set! region "function"))
(lambda body: (_) @region (#set! region "function"))
(if consequence: (then) @region (#set! region "conditional"))
(if alternative: (_) @region (#set! region "conditional"))
(unless consequence: (then) @region (#set! region "conditional"))
(elsif consequence: (then) @region (#set! region "conditional"))
(when body: (then) @region (#set! region "conditional"))
((if_modifier) @region (#set! region "conditional"))
((unless_modifier) @region (#set! region "conditional"))
((conditional) @region (#set! region "conditional"))
(rescue body: (then) @region (#set! region "conditional"))

; begin; require "a"; rescue LoadError; require "b"; end
(begin
  . (_) @region
  (rescue exceptions: (exceptions [(constant) (scope_resolution)] @_error)) @region.end @handler
  (#any-of? @_error "LoadError" "Exception" "Gem::LoadError" "ScriptError"
    "Gem::MissingSpecError" "Bundler::GemNotFound")
  (#set! region "guarded-modules"))
(rescue
  exceptions: (exceptions [(constant) (scope_resolution)] @_error)
  body: (then) @region
  (#any-of? @_error "LoadError" "Gem::LoadError" "ScriptError" "Gem::MissingSpecError")
  (#set! region "guarded-modules"))
(body_statement
  . (_) @region
  (rescue exceptions: (exceptions [(constant) (scope_resolution)] @_error)) @region.end @handler
  (#any-of? @_error "LoadError" "Exception" "Gem::LoadError" "ScriptError")
  (#set! region "guarded-modules"))
; rescue LoadError ... abort: it does not do without.
(begin
  . (_) @region
  (rescue
    exceptions: (exceptions (constant) @_error)
    body: (then [
      (identifier) @_end
      (call method: (identifier) @_end)])) @region.end @handler
  (#any-of? @_error "LoadError" "Exception" "ScriptError")
  (#any-of? @_end "abort" "exit" "exit!" "raise" "fail")
  (#set! region "required-modules"))
; defined?(X) and the like say nothing; a modifier that swallows does.
(rescue_modifier
  body: (_) @region
  handler: [(nil) (false) (constant)]
  (#set! region "guarded-modules"))

; Not on this system
([(if condition: (_) @_condition consequence: (then) @region)
  (elsif condition: (_) @_condition consequence: (then) @region)
  (if_modifier body: (_) @region condition: (_) @_condition)]
  (#contains? @_condition "RUBY_PLATFORM" "win_platform" "host_os" "RUBY_ENGINE")
  (#match? @_condition "win_platform|(RUBY_PLATFORM|host_os.\\]?)[^!]*(=~|==|match|include)[^!]*(mswin|mingw|darwin|cygwin|java|win32|bsd)|RUBY_ENGINE *== *.(jruby|truffleruby|rbx)")
  (#not-match? @_condition "^(!|not )")
  (#set! region "guarded"))
