import { rules } from './lib/rules.js';
import { other } from './lib/other';
import config from './config.json';
