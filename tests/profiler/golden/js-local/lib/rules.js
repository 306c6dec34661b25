exports.ok = require('assert');
