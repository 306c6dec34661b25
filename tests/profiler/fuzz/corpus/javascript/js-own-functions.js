const { spawnSync, execSync } = require("child_process");
function sh(cmd) { return execSync(cmd, {encoding: "utf8"}); }
const run = (cmd, args) => spawnSync(cmd, args);
sh("jq . a.json | xmllint -");
run("ffmpeg", ["-i"]);
