/**
 * `npm run faults`: every row of the fault table, with the invariants of each run. `--full` has 60 s before, during and after each fault, `--seed N` another
 * load, `--only name,name` some rows, `--off policy` the rows of a policy with it switched off, which are to fail.
 */
import { parseArgs } from 'node:util';
import { progressBar, table } from '@sheaf/terminal';
import { seconds } from './figures.ts';
import { monotonicMs } from './record.ts';
import { type FaultPlan, type FaultRow, type Measured, type Policy, policies } from './row.ts';
import { faultRows } from './rows.ts';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    off: { type: 'string' },
  },
});
const usage = (message: string): never => {
  console.error(message);
  process.exit(2);
};
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) usage(`--seed: want an integer, got "${values.seed}"`);
const off = policies.find((policy) => policy === values.off);
if (values.off !== undefined && !off) usage(`--off: want one of ${policies.join(', ')}, got "${values.off}"`);
const names = values.only?.split(',');
const unknown = names?.find((name) => !faultRows.some((row) => row.name === name));
if (unknown !== undefined)
  usage(`--only: want names of ${faultRows.map(({ name }) => name).join(', ')}, got "${unknown}"`);

const times = values.full
  ? { beforeMs: 60_000, duringMs: 60_000, afterMs: 60_000, idleAfterMs: 60_000 }
  : { beforeMs: 5_000, duringMs: 10_000, afterMs: 10_000, idleAfterMs: 2_000 };
const chosen = faultRows.filter(
  ({ name, policy, isExtra = false }) =>
    (names?.includes(name) ?? (values.full || !isExtra)) && (!off || policy === off),
);

interface Judged extends Measured {
  readonly row: FaultRow;
}

async function measure(row: FaultRow, plan: FaultPlan): Promise<Judged> {
  try {
    return { row, ...(await row.run(plan)) };
  } catch (error) {
    return { row, kept: false, measured: error instanceof Error ? error.message : String(error) };
  }
}

/** With its policy off a row is to fail, and the invariants hold all the same. */
const isAsWanted = ({ kept, violations = [] }: Judged, without: Policy | undefined): boolean =>
  violations.length === 0 && kept === (without === undefined);

const word = ({ kept }: Judged): string => (kept ? 'kept' : 'NOT KEPT');
const judged: Judged[] = [];
const bar = progressBar('faults', chosen.length);
for (const row of chosen) {
  const began = monotonicMs();
  const result = await measure(row, { ...times, seed, off });
  judged.push(result);
  bar.log(`${row.name}: ${word(result)}: ${result.measured} (${seconds(monotonicMs() - began)})`);
  bar.tick();
}
bar.end();
console.log(
  table([
    ['name', 'fault', 'promise', 'measured', ''],
    ...judged.map((each) => [each.row.name, each.row.fault, each.row.promise, each.measured, word(each)]),
  ]),
);
for (const { row, violations = [] } of judged)
  for (const violation of violations) console.log(`${row.name}: ${violation}`);
const wrong = judged.filter((each) => !isAsWanted(each, off));
const violated = judged.filter(({ violations = [] }) => violations.length > 0).length;
const about = off
  ? `${judged.filter(({ kept }) => !kept).length} of ${judged.length} rows fail without ${off}, as they should`
  : `${judged.filter(({ kept }) => kept).length} of ${judged.length} promises kept`;
console.log(`${about}; invariants broken in ${violated} runs; seed ${seed}`);
process.exit(wrong.length === 0 && judged.length > 0 ? 0 : 1);
