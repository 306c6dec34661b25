require 'socket'
require 'net/http'
require 'sinatra'
require 'tilt'
server = TCPServer.new('0.0.0.0', 8080)
client = TCPSocket.new('db', 5432)
Net::HTTP.start('example.org', 80) { |http| http.get('/') }
Tilt.new('page.md').render
system('ls', '-l')
File.write('/tmp/out.txt', 'x')
File.open('in.txt') { |f| f.read }
File.open('log.txt', 'a') { |f| f.puts 1 }
Thread.new { 1 }
Dir.chroot('/srv')
# TCPSocket.new('not.this', 1)
ENV['TZ'] = 'Asia/Tokyo'
WORDS = '/usr/share/dict/words'
File.foreach(WORDS) { |word| puts word }
require 'ffi'
module Lib
  extend FFI::Library
  ffi_lib 'sodium'
end
