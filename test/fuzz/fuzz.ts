/** `npm run fuzz`: messages that cost more than they should, or are answered as they should not be. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { replay, runFuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    target: { type: 'string', default: '' },
  },
});
if (values.replay !== undefined) {
  console.log(await replay(values.target, await readFile(values.replay)));
} else {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  const seconds = Number(values.minutes) * 60;
  if (!Number.isInteger(seed) || !(seconds > 0)) throw new Error('want --minutes above 0 and --seed an integer');
  console.log(`seed ${seed}`);
  const { messages, faults } = await runFuzz({ seconds, seed, log: console.log });
  console.log(`${messages} messages, ${faults.length} faults, seed ${seed}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
