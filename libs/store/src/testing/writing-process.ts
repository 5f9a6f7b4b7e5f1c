/** A process for the tests to kill: writes in a loop, and tells each write once it was acknowledged. */
import { openState } from '../open-state.ts';
import { aKey, anEntry } from './state-samples.ts';

const [, , folder = '', name = ''] = process.argv;
const state = await openState(folder, { lockWaitMs: 60_000 });
// To a pipe of Linux and macOS it is written at once, also when the reader is late.
const told = (line: string): void => void process.stdout.write(`${line}\n`);

for (let round = 0; ; round++) {
  const id = `${name}-${round}`;
  await Promise.all([
    state.keys.add(aKey(id)).then(() => told(`key ${id}`)),
    state.audit.append(anEntry(id)).then(({ sequence }) => told(`entry ${sequence} ${id}`)),
    state.quotas.reserve('k', 'may', 1, 1e9).then(() => told('unit')),
  ]);
}
