#!/usr/bin/env lua5.3
-- Index the words of a text in a database and ask it for the most frequent ones.
package.path = "./lib/?.lua;" .. package.path
local driver = require "luasql.sqlite3"
local words = require "words"
local has_socket, socket = pcall(require, "socket") -- a better clock, if there is one

local env = assert(driver.sqlite3())
local db = assert(env:connect(":memory:"))
db:execute "CREATE TABLE word (text TEXT, at INTEGER)"
for i, word in ipairs(words.of "The cat saw the dog; the dog saw nothing.") do
  assert(db:execute(("INSERT INTO word VALUES ('%s', %d)"):format(word, i)))
end
local cursor = db:execute "SELECT text, count(*) FROM word GROUP BY text ORDER BY 2 DESC, 1 LIMIT 3"
local text, n = cursor:fetch()
while text do
  print(text, math.tointeger(n) or n)
  text, n = cursor:fetch()
end
cursor:close()
db:close()
env:close()
io.stderr:write(has_socket and socket.gettime() and "timed\n" or "untimed\n")
