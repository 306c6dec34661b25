local dkjson = require "dkjson"
local file <close> = assert(io.open(arg[1]))
local total = 0
for _, row in pairs(dkjson.decode(file:read("a"))) do total = total + tonumber(row.n) end
print("total", total)
assert(total == 7)
