require("posix")
