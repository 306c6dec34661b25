import { execFile, exec } from "node:child_process";
import { promisify } from "util";
const pexec = promisify(exec);
async function sh(cmd: string, opts: object = {}): Promise<void> { await pexec(cmd); }
function run(tool: string, args: string[]) { execFile(tool, args); }
sh("jq . a | xmllint -");
run("ffmpeg", ["-i"]);
