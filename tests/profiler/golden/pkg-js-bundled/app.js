const x = require("left-pad");
