local lpeg = require("lpeg")
local letter = lpeg.R("az", "AZ")
local word = lpeg.C(letter ^ 1) / string.lower
local list = lpeg.Ct((word + (1 - letter)) ^ 0)

local M = {}
function M.of(text)
  return list:match(text)
end
return M
