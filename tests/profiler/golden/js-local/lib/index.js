exports.all = require('semver');
