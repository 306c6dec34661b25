local ok, posix = pcall(require, "posix")
local has, json = pcall(require, "cjson")
if not has then error("cjson is needed") end
local lpeg = assert(pcall(require, "lpeg"))
if not pcall(require, "socket") then os.exit(1) end
pcall(function() local x = require("ssl") end)
if jit then local ffi = require("ffi-extra") end
xpcall(require, print, "lxp")
