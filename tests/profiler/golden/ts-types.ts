import type { Request } from 'express';
import { type Options, type Schema } from 'ajv';
import { type Node, parse } from 'acorn';
import fs = require('fs');
export type { Config } from 'webpack';
type Loaded = import('rollup').RollupOptions;
declare module 'untyped' { const x: string; export default x; }
const yaml = require('js-yaml') as typeof import('js-yaml-types');
enum Level { Low, High }
const level: Level = <Level>Level.Low;
export default function run(options?: Options): void { import('semver').then((s) => s); }
