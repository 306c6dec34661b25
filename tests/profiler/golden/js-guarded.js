let paint = (text) => text;
try {
  paint = require('colors/safe').green;
} catch (missing) {
  // plain text is fine
}
let yaml;
try { yaml = require('js-yaml'); } catch (e) { console.error('install js-yaml'); process.exit(1); }
try {
  require('semver');
} catch (e) {
  throw new Error('semver is needed');
}
try {
  require('sharp');
  run();
} catch (e) {
  console.error(e);
  process.exitCode = 1;
}
const pretty = import('pino-pretty').catch(() => null);
import('ws').catch((e) => process.exit(2));
if (process.platform === 'win32') require('winreg');
