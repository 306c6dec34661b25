const ini = require('ini');
const rows = ini.parse('[röda]\nn=3\n[blå]\nn=4\n');
process.stdout.write(JSON.stringify(rows));
