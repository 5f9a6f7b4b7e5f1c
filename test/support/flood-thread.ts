/** The thread of a `Flood`. */
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Caller, inferPath } from './caller.ts';
import type { FloodCounts, FloodOptions } from './flood.ts';

const { port, key, request, clients, againMs } = workerData as FloodOptions;
const callers = Array.from({ length: clients }, () => new Caller(port));
let going = false;

async function flood(caller: Caller): Promise<FloodCounts> {
  const counts = { answered: 0, refused: 0 };
  while (going) {
    const { code } = await caller.call(inferPath, request, { 'x-api-key': key });
    if (code === 'OK') counts.answered++;
    else {
      counts.refused++;
      // Not to the millisecond, or the clients would march in step.
      await setTimeout(againMs * (0.5 + Math.random()));
    }
  }
  return counts;
}

let clientsEnd: Promise<readonly FloodCounts[]> = Promise.resolve([]);
parentPort?.on('message', async (told: 'start' | 'stop') => {
  going = told === 'start';
  if (going) clientsEnd = Promise.all(callers.map(flood));
  else parentPort?.postMessage(await clientsEnd);
});
