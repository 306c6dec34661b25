const pad = require('left-pad');
const deep = require('left-pad/lib/deep');
const other = require('right-pad');
