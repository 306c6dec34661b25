const rules = require('./lib/rules');
const settings = require('./settings.json');
const all = require('./lib');
const { Worker } = require('worker_threads');
new Worker('./worker.js');
require('#internal/x');
require('rules');
