/** `npm run soak`: whether a server that is asked everything for long comes to hold more. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { InferError } from '@sheaf/inference';
import { createLoad } from './load.ts';
import { countMesh } from './mesh/count-mesh.ts';
import type { Held } from './server.ts';

/** What it holds at first is made in this time: code is compiled, and connections are opened. */
const warmUpMs = 60_000;
const lookEveryMs = 15_000;
const settleMs = 500;
/** More is growth: of the heap after a collection, from the end of the warm-up to the end. */
const heapGrowthMax = 1.25;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, mesh: { type: 'boolean', default: false } },
});
const minutes = Number(values.minutes);
if (values.mesh) process.exit(await countMesh(minutes));
if (!(minutes > 2)) throw new Error('--minutes: want more than 2, of which the first warms up');

const server = fork(fileURLToPath(new URL('server.ts', import.meta.url)), { execArgv: ['--expose-gc'] });
const [port] = (await once(server, 'message')) as [number];
const look = async (): Promise<Held> => {
  server.send('look');
  const [held] = (await once(server, 'message')) as [Held];
  return held;
};

const { works, close } = createLoad(port);
const startedAt = performance.now();
const endAt = startedAt + minutes * 60_000;
let done = 0;
/** How often each kind of work failed, by its name and what it told. */
const failures = new Map<string, number>();

async function workUntil(atMs: number): Promise<void> {
  const tasks = Array.from(works, async ([name, work]) => {
    while (performance.now() < atMs) {
      await work().catch((error: unknown) => {
        const what = `${name}: ${tellError(error)}`;
        if (!failures.has(what)) console.log(`failed for the first time: ${what}`);
        failures.set(what, (failures.get(what) ?? 0) + 1);
      });
      done++;
      // Others have their turn, and the machine some rest.
      await delay(2);
    }
  });
  await Promise.all(tasks);
}

/** With what was behind it, which users are not told. */
const tellError = (error: unknown): string => {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const own = error instanceof InferError ? `${error.code} ${error.reason}, ${error.message}` : String(error);
  return error.cause === undefined ? own : `${own}; since ${tellError(error.cause)}`;
};

const tell = (when: string, { heap, resident, handles, sockets }: Held): void =>
  console.log(
    `${when}: heap ${heap.toFixed(1)} MiB, resident ${resident.toFixed(0)} MiB, ${handles} handles, ${sockets} of them sockets, ${done} done`,
  );

const seen: Held[] = [];
while (performance.now() < endAt) {
  await workUntil(Math.min(endAt, performance.now() + lookEveryMs));
  // No call is open now, so that what is held is held for nobody; connections have a moment to be gone.
  await delay(settleMs);
  const held = await look();
  const atMs = performance.now() - startedAt;
  if (atMs > warmUpMs) seen.push(held);
  tell(`${(atMs / 1000).toFixed(0)} s`, held);
}
close();
await delay(3_000);
tell('when all have left', await look());
server.kill();

const middle = (from: readonly Held[]): number =>
  from.map(({ heap }) => heap).sort((a, b) => a - b)[from.length >> 1] ?? 0;
const third = Math.max(1, Math.floor(seen.length / 3));
const growth = middle(seen.slice(-third)) / middle(seen.slice(0, third));
console.log(
  `the heap of the last third is ${growth.toFixed(2)} times that of the first; at most ${heapGrowthMax} is no growth`,
);
for (const [what, times] of failures) console.log(`failed ${times} times: ${what}`);
console.log(`${done} pieces of work, ${[...failures.values()].reduce((sum, times) => sum + times, 0)} failed`);
process.exitCode = growth <= heapGrowthMax && failures.size === 0 ? 0 : 1;
