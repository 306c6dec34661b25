import semver from 'semver'; export const rules = semver;
