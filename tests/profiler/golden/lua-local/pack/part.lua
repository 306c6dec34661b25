return require("lpeg")
