#!/usr/bin/env lua5.3
local cjson = require("cjson")
local lfs = require "lfs"
local url = require('socket.url').parse
local s = require [[lpeg]]
local m = require("drivers." .. name)
local any = require(arg[1])
for _, name in ipairs({"ltn12", "mime"}) do require(name) end
local which = "luasql.sqlite3"
require(which)
-- require("in.a.comment")
print('require("in.a.string")')
package.preload["own"] = function() return {} end
local own = require("own")
