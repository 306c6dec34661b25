$LOAD_PATH.unshift File.expand_path('../lib', __FILE__)
require 'store/stock'
require 'store/missing'
require_relative 'helper'
require './settings'
load 'more.rb'
require 'main'
