package.path = "./lib/?.lua;" .. package.path
local util = require("util")
local sub = require("pack.part")
dofile("settings.lua")
