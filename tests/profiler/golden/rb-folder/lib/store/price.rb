require 'bigdecimal'
