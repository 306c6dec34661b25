#!/usr/bin/env -S node --no-warnings
import fs from 'node:fs';
import yaml, { load as parse } from 'js-yaml';
import * as semver from "semver";
import '@scope/side-effect/register';
export { merge } from 'lodash/fp';
export * from 'chalk';
import data from './data.json' assert { type: 'json' };
// import nothing from 'in-a-comment';
const text = "require('in-a-string')";
const html = `import x from 'in-a-template'`;
const { gzipSync } = await import('node:zlib');
const lazy = () => import(`commander`);
