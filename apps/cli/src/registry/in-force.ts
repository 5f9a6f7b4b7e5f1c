/** Whether the mesh that runs from a folder serves what an alias means now. */
import { setTimeout } from 'node:timers/promises';
import { readView } from '@sheaf/mesh';
import { askStatus } from '@sheaf/supervisor';
import type { AliasMessage } from '@sheaf/transport';
import type { OptionValues } from '../command.ts';
import type { RegistryPlace } from './action.ts';

export const waitOptions = { 'no-wait': { type: 'boolean' } } as const;
export const waitHelp = '    --no-wait            do not wait until the mesh that runs from the folder has it in force';

const lookEveryMs = 100;
const waitMaxMs = 300_000;

/**
 * Waits until the mesh of the folder has taken up what the registry says, and says what has become of it: in force, or out and why (exit code 1). Says nothing
 * where no mesh of the folder follows the registry. A registry that is asked through a server does not know who follows it: then that is said.
 */
export async function tellInForce(place: RegistryPlace, moved: AliasMessage, values: OptionValues): Promise<void> {
  const { folder, kind } = place;
  const { name, alias, version } = moved;
  if (values['no-wait'] || version === 0) return;
  if (values['address'] !== undefined)
    return say(values, `the registry has it; each mesh that follows it takes it up by itself, and tells so in its log`);
  if (!(await isTakenUp(place))) return;
  const { view } = await readView(folder);
  const why = view?.out.find((one) => one.kind === kind && one.name === name && one.version === version)?.why;
  const meant = view?.entries.find((one) => one.kind === kind && one.name === name)?.aliases[alias];
  if (meant === version) say(values, `the mesh of ${folder} has it in force`);
  else {
    const stays = meant === undefined ? '' : `, and goes on with version ${meant}`;
    say(values, `the mesh of ${folder} leaves it out${stays}: ${why ?? 'it has not taken it up yet'}`);
    process.exitCode = 1;
  }
}

/** With `--json` standard output is one object. */
const say = (values: OptionValues, line: string): void => (values['json'] ? console.error(line) : console.log(line));

/** Answers false where no mesh follows. */
async function isTakenUp({ folder, calls }: RegistryPlace): Promise<boolean> {
  const epoch = await epochOf(calls);
  for (const until = performance.now() + waitMaxMs; performance.now() < until; await setTimeout(lookEveryMs)) {
    const status = await askStatus(folder);
    if (status === undefined) return false;
    if (status === 'silent') continue;
    if (status.processes.length > 0 && status.registry === undefined) return false;
    if (status.registry?.away !== undefined || (status.registry?.epoch ?? 0) >= epoch) return true;
  }
  return true;
}

async function epochOf(calls: RegistryPlace['calls']): Promise<number> {
  const ended = new AbortController();
  try {
    for await (const { epoch } of calls.watch({ afterEpoch: 0 }, ended.signal)) return epoch;
    return 0;
  } finally {
    ended.abort();
  }
}
