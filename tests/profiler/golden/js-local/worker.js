const tar = require('tar');
