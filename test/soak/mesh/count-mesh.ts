/** `npm run soak -- --mesh`: whether the counters of a whole mesh add up. */
import { table } from '@sheaf/terminal';
import { soakMesh } from './soak.ts';
import { callsOf } from './within.ts';

/** Between two faults. Milliseconds. */
const quietMs = 10_000;

/** Prints what callers have seen and what does not add up; answers the exit code of the process. */
export async function countMesh(minutes: number): Promise<number> {
  if (!(minutes > 0)) throw new Error('--minutes: want more than 0');
  const { record, wrong } = await soakMesh({
    seconds: minutes * 60,
    quietMs,
    onEvent: (line) => console.log(line),
  });
  const { ledger, lives, gatewaysEnded } = record;
  const groups = Map.groupBy(ledger, ({ tenant, model, code }) => [tenant || '-', model || '-', code].join('\n'));
  const rows = [...groups].map(([key, own]) => [...key.split('\n'), String(callsOf(own))]);
  console.log(table([['tenant', 'model', 'ended with', 'calls'], ...rows.toSorted()]));
  console.log(`${callsOf(ledger)} calls, ${lives.length} processes of services and ${gatewaysEnded + 1} gateways seen`);
  for (const sentence of wrong) console.log(`does not add up: ${sentence}`);
  console.log(wrong.length === 0 ? 'everything adds up' : `${wrong.length} numbers do not add up`);
  return wrong.length === 0 ? 0 : 1;
}
