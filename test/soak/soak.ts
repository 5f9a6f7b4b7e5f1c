/** `npm run soak`: whether a server that is asked everything for long comes to hold more. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { works } from './load.ts';
import type { Held } from './server.ts';

/** What it holds at first is made in this time: code is compiled, and connections are opened. */
const warmUpMs = 60_000;
const lookEveryMs = 15_000;
/** More is growth: of the heap after a collection, from the end of the warm-up to the end. */
const heapGrowthMax = 1.25;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 2)) throw new Error('--minutes: want more than 2, of which the first warms up');

const server = fork(fileURLToPath(new URL('server.ts', import.meta.url)), { execArgv: ['--expose-gc'] });
const [port] = (await once(server, 'message')) as [number];
const look = async (): Promise<Held> => {
  server.send('look');
  const [held] = (await once(server, 'message')) as [Held];
  return held;
};

const { all, close } = works(port);
const startedAt = performance.now();
const endAt = startedAt + minutes * 60_000;
let done = 0;
let failed = 0;
const tasks = all.map(async (work) => {
  while (performance.now() < endAt) {
    await work().catch(() => failed++);
    done++;
    // Others have their turn, and the machine some rest.
    await delay(2);
  }
});

const seen: Held[] = [];
while (performance.now() < endAt) {
  await delay(Math.min(lookEveryMs, Math.max(0, endAt - performance.now())));
  const held = await look();
  const atMs = performance.now() - startedAt;
  if (atMs > warmUpMs) seen.push(held);
  const { heap, resident, handles } = held;
  console.log(
    `${(atMs / 1000).toFixed(0)} s: heap ${heap.toFixed(1)} MiB, resident ${resident.toFixed(0)} MiB, ${handles} handles, ${done} done`,
  );
}
await Promise.all(tasks);
close();
await delay(3_000);
const last = await look();
console.log(
  `when all have left: heap ${last.heap.toFixed(1)} MiB, ${last.handles} handles; ${done} done, ${failed} failed`,
);
server.kill();

const middle = (from: readonly Held[]): number =>
  from.map(({ heap }) => heap).sort((a, b) => a - b)[from.length >> 1] ?? 0;
const third = Math.max(1, Math.floor(seen.length / 3));
const growth = middle(seen.slice(-third)) / middle(seen.slice(0, third));
console.log(
  `the heap of the last third is ${growth.toFixed(2)} times that of the first; at most ${heapGrowthMax} is no growth`,
);
process.exitCode = growth <= heapGrowthMax ? 0 : 1;
