/** `npm run fuzz`: messages that cost more than they should, or are answered as they should not be. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runDifferential } from './http2/differential.ts';
import { replay, runFuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    target: { type: 'string', default: '' },
    http2: { type: 'boolean', default: false },
  },
});
if (values.replay !== undefined) {
  console.log(await replay(values.target, await readFile(values.replay)));
} else {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  const seconds = Number(values.minutes) * 60;
  if (!Number.isInteger(seed) || !(seconds > 0)) throw new Error('want --minutes above 0 and --seed an integer');
  console.log(`seed ${seed}`);
  if (values.http2) await compare(seconds, seed);
  else await send(seconds, seed);
}

/** HTTP/2 of our own against Node's. */
async function compare(seconds: number, seed: number): Promise<void> {
  const { cases, same, faults } = await runDifferential({ seconds, seed });
  for (const fault of faults) console.log(fault);
  console.log(`${cases} cases, ${same} the same, ${faults.length} faults, seed ${seed}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

async function send(seconds: number, seed: number): Promise<void> {
  const { messages, faults } = await runFuzz({ seconds, seed, log: console.log });
  console.log(`${messages} messages, ${faults.length} faults, seed ${seed}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
