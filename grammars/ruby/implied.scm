; SPDX-License-Identifier: Apache-2.0
; Adapters that are loaded by a string.

; Sequel.connect("sqlite://..."), DataMapper.setup(:default, "sqlite3:..."): the address says which
((string) @_address
  (#contains? @_address "sqlite")
  (#match? @_address "^.sqlite3?:")
  (#set! module "sqlite3")
  (#set! grade "implied"))
((string) @_address
  (#contains? @_address "postgres")
  (#match? @_address "^.(postgres|postgresql)://")
  (#set! module "pg")
  (#set! grade "implied"))
((string) @_address
  (#contains? @_address "mysql2:")
  (#match? @_address "^.mysql2://")
  (#set! module "mysql2")
  (#set! grade "implied"))
; Sequel.sqlite
(call
  receiver: (constant) @_sequel
  method: (identifier) @_adapter
  (#eq? @_sequel "Sequel")
  (#eq? @_adapter "sqlite")
  (#set! module "sqlite3")
  (#set! grade "implied"))
(call
  receiver: (constant) @_sequel
  method: (identifier) @_adapter
  (#eq? @_sequel "Sequel")
  (#eq? @_adapter "postgres")
  (#set! module "pg")
  (#set! grade "implied"))
(call
  receiver: (constant) @_sequel
  method: (identifier) @_adapter
  (#eq? @_sequel "Sequel")
  (#eq? @_adapter "mysql2")
  (#set! module "mysql2")
  (#set! grade "implied"))
; adapter: "sqlite3", "adapter" => "sqlite3", adapter: :postgresql
(pair
  key: [(hash_key_symbol) (string) (simple_symbol)] @_key
  value: [(string) (simple_symbol)] @_adapter
  (#match? @_key "^.?adapter.?$")
  (#match? @_adapter "^.sqlite3?.?$")
  (#set! module "sqlite3")
  (#set! grade "implied"))
(pair
  key: [(hash_key_symbol) (string) (simple_symbol)] @_key
  value: [(string) (simple_symbol)] @_adapter
  (#match? @_key "^.?adapter.?$")
  (#match? @_adapter "^.(postgres|postgresql).?$")
  (#set! module "pg")
  (#set! grade "implied"))
(pair
  key: [(hash_key_symbol) (string) (simple_symbol)] @_key
  value: [(string) (simple_symbol)] @_adapter
  (#match? @_key "^.?adapter.?$")
  (#match? @_adapter "^.mysql2.?$")
  (#set! module "mysql2")
  (#set! grade "implied"))
