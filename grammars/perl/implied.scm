; SPDX-License-Identifier: Apache-2.0
; Plug-ins that are loaded by a string. A data source's name says which driver; it may be put into
; a variable first, so the literal itself is looked for.
([(interpolated_string_literal) (string_literal)] @_source
  (#contains? @_source "bi:SQLite:")
  (#match? @_source "^(q[qw]? *)?.[dD][bB][iI]:SQLite:")
  (#set! module "DBD::SQLite")
  (#set! grade "implied"))
([(interpolated_string_literal) (string_literal)] @_source
  (#contains? @_source "bi:Pg:")
  (#match? @_source "^(q[qw]? *)?.[dD][bB][iI]:Pg:")
  (#set! module "DBD::Pg")
  (#set! grade "implied"))
([(interpolated_string_literal) (string_literal)] @_source
  (#contains? @_source "bi:mysql:")
  (#match? @_source "^(q[qw]? *)?.[dD][bB][iI]:mysql:")
  (#set! module "DBD::mysql")
  (#set! grade "implied"))
([(interpolated_string_literal) (string_literal)] @_source
  (#contains? @_source "bi:MariaDB:")
  (#match? @_source "^(q[qw]? *)?.[dD][bB][iI]:MariaDB:")
  (#set! module "DBD::MariaDB")
  (#set! grade "implied"))
([(interpolated_string_literal) (string_literal)] @_source
  (#contains? @_source "bi:CSV:")
  (#match? @_source "^(q[qw]? *)?.[dD][bB][iI]:CSV:")
  (#set! module "DBD::CSV")
  (#set! grade "implied"))
([(interpolated_string_literal) (string_literal)] @_source
  (#contains? @_source "bi:ODBC:")
  (#match? @_source "^(q[qw]? *)?.[dD][bB][iI]:ODBC:")
  (#set! module "DBD::ODBC")
  (#set! grade "implied"))
