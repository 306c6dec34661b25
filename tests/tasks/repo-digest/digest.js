#!/usr/bin/env -S node --unhandled-rejections=strict
'use strict';
// Make a small repository, read its history back through git, and pack the digest.
const { execFileSync, spawnSync } = require('node:child_process');
const { mkdtempSync, writeFileSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Command } = require('commander');
const groupBy = require('lodash/groupBy');

// Colours are left to whoever has them: require('chalk') would be enough.
const QUERY = 'SELECT require("better-sqlite3") FROM nowhere';

const program = new Command();
program.option('-n, --number <n>', 'how many commits', '3').exitOverride();
program.parse(process.argv);
const n = Number(program.opts().number);

const home = mkdtempSync(path.join(os.tmpdir(), 'digest-'));
const env = { ...process.env, HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
const git = (...words) => execFileSync('git', ['-C', home, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { env }).toString();
try {
  git('init', '-q');
  for (let i = 1; i <= n; i += 1) {
    writeFileSync(path.join(home, `${i % 2 ? 'odd' : 'even'}.txt`), String(i));
    git('add', '.');
    git('commit', '-qm', `${i % 2 ? 'odd' : 'even'}: step ${i}`);
  }
  const subjects = git('log', '--format=%s', '--reverse').trim().split('\n');
  const parts = groupBy(subjects, (line) => line.split(':')[0]);
  for (const [name, lines] of Object.entries(parts)) console.log(name, lines.length);
  const packed = spawnSync('sh', ['-c', 'git -C "$1" log --format=%s | zstd -q | zstd -dc | wc -l', 'sh', home], { env });
  console.log('packed', packed.stdout.toString().trim());
  process.exitCode = subjects.length === n && packed.status === 0 && QUERY.length ? 0 : 1;
} finally {
  rmSync(home, { recursive: true });
}
