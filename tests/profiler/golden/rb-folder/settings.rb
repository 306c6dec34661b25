require 'inifile'
