import { Request } from "express";
import yaml, { LoadOptions } from "js-yaml";
import * as semver from "semver";
import { parse as parseIni } from "ini";
import "side-effect";
import { Ajv } from "ajv";
import { token } from "shorthand";
const options: LoadOptions = {};
export function go(r: Request, v: semver.SemVer): string { return yaml.dump(parseIni(r.url), options); }
const validator: Ajv<unknown> | null = null;
export const all = { token };
