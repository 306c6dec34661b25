require 'terminal-table'
