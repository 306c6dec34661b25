require 'toml-rb'
