// Check a shift plan against a schema and say who works how long.
import assert from 'node:assert/strict';
import { load } from 'js-yaml';
import type { Logger } from 'winston';
import { minutes, type Shift } from './clock';

enum Kind { Day = 'day', Night = 'night' }

const PLAN = `
- {who: ana, from: "08:00", to: "16:30", kind: day}
- {who: ben, from: "22:00", to: "06:00", kind: night}
- {who: ana, from: "20:15", to: "23:45", kind: night}
`;

function report(total: Map<string, number>, log?: Logger): string[] {
  log?.info('reporting');
  return [...total].map(([who, n]) => `${who} ${Math.floor(n / 60)}:${String(n % 60).padStart(2, '0')}`);
}

const shifts = load(PLAN) as Array<Shift & { who: string; kind: Kind }>;
const total = new Map<string, number>();
for (const shift of shifts) {
  total.set(shift.who, (total.get(shift.who) ?? 0) + minutes(shift));
}
for (const line of report(total)) console.log(line);
assert.deepEqual(shifts.filter((s) => s.kind === Kind.Night).map((s) => s.who), ['ben', 'ana']);
