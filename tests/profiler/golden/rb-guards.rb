begin
  require 'oj'
rescue LoadError
  require 'json'
end

begin
  require 'rubygems'
  require 'colorize'
rescue LoadError => e
  warn e
end

begin
  require 'needed/one'
rescue LoadError
  abort 'gem install needed'
end

begin
  require 'needed/two'
rescue LoadError
  $stderr.puts 'no'
  exit 1
end

begin
  require 'not_guarded'
rescue ArgumentError
  nil
end

require 'byebug' rescue nil

def optional
  require 'rmagick'
rescue LoadError
  nil
end

require 'win32ole' if Gem.win_platform?
if RUBY_PLATFORM =~ /darwin/
  require 'osx/cocoa'
else
  require 'linux_thing'
end

begin
  system('xdg-open', 'x')
rescue Errno::ENOENT
  puts 'no'
end
