#!/usr/bin/env -S ruby -w
require 'json'
require "nokogiri"
require('active_support/core_ext/object')
require 'yaml.rb'
require File.expand_path('../not_there', __FILE__)
require_relative 'nor_this'
autoload :Later, 'rouge'
gem 'sequel', '~> 5'
%w[kramdown redcarpet].each { |name| require name }
%w[haml slim].each do |name|
  require name
end
for name in %w[csv tty-table] do require name end
wanted = 'mustache'
require wanted
require ARGV[0]
require "plugins/#{ARGV[0]}"
require given
Bundler.require(:default)
DB = Sequel.connect("sqlite://x.db")
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: 'x')
class Later
  def run
    require 'prawn'
  end
end
require 'pry' if ENV['DEBUG']
