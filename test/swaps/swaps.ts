/** `npm run swaps`: what swaps of versions cost callers, at half load: a table, and exit code 1 where something is not kept. */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { capacityOf, closedLoad, openLoad } from './load.ts';
import { latenciesOf, quantile, spread, swapUnder } from './swap.ts';
import { aliasesTo, type SwapMesh, startSwapMesh } from './swap-mesh.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '200' }, memory: { type: 'string', default: '1000' } },
});
const count = Number(values.count);
const memorySwaps = Number(values.memory);

const warmMs = 3_000;
const capacityMs = 4_000;
const p99RatioMax = 1.2;
const inForceMaxMs = 100;
const memoryMaxMiB = 64;

interface Row {
  readonly promise: string;
  readonly measured: string;
  readonly isKept: boolean;
}

/** All processes of the mesh together. */
function residentMiB(mesh: SwapMesh): number {
  const kibibytes = mesh
    .pids()
    .map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0));
  return kibibytes.reduce((sum, own) => sum + own, 0) / 1_024;
}

async function measure(mesh: SwapMesh, title: string, names: readonly string[]): Promise<Row[]> {
  await mesh.running.steer({ aliases: aliasesTo(1, true) });
  await capacityOf(mesh, names, warmMs);
  const capacity = await capacityOf(mesh, names, capacityMs);
  const load = openLoad(mesh, names, capacity / 2);
  await setTimeout(warmMs);
  let index = 0;
  const swaps = await swapUnder(load, mesh, { count, withLarge: true, between: () => spread(index++) });
  const { beforeMs, duringMs } = latenciesOf(load, swaps.moves);
  const inForce = swaps.moves.slice(1).map(({ begunAt, inForceAt }) => inForceAt - begunAt);
  const [p50, p99, most] = [quantile(inForce, 0.5), quantile(inForce, 0.99), Math.max(...inForce)];
  const whole = `${count} moves at ${Math.round(capacity / 2)} calls/s, ${swaps.answers} answers`;
  for (const failure of new Set(swaps.failed)) console.error(`failed: ${failure}`);
  return [
    {
      promise: `${title}: no call fails`,
      measured: `${swaps.failed.length}; ${whole}`,
      isKept: swaps.failed.length === 0,
    },
    {
      promise: `${title}: no answer of a wrong version, none of two`,
      measured: `${swaps.wrong}, ${swaps.mixed}`,
      isKept: swaps.wrong + swaps.mixed === 0,
    },
    {
      promise: `${title}: p99 while versions move, to that before, at most ${p99RatioMax}`,
      measured: `${(duringMs / beforeMs).toFixed(2)} (${duringMs.toFixed(1)} ms, ${beforeMs.toFixed(1)} ms)`,
      isKept: duringMs / beforeMs <= p99RatioMax,
    },
    {
      promise: `${title}: in force at all gateways within ${inForceMaxMs} ms`,
      measured: `${p50.toFixed(1)} ms half of the time, ${p99.toFixed(1)} ms 99 of 100, ${most.toFixed(1)} ms at most`,
      isKept: most <= inForceMaxMs,
    },
  ];
}

async function measureMemory(mesh: SwapMesh): Promise<Row> {
  const load = closedLoad(mesh, ['solo', 'pair'], 2);
  await setTimeout(warmMs);
  const before = residentMiB(mesh);
  for (let index = 0; index < memorySwaps; index++)
    await mesh.running.steer({ aliases: aliasesTo((index % 2) + 1, true) });
  await setTimeout(warmMs);
  const grown = residentMiB(mesh) - before;
  await load.stop();
  return {
    promise: `memory after ${memorySwaps} moves, of all processes: at most ${memoryMaxMiB} MiB more`,
    measured: `${grown.toFixed(1)} MiB more (${before.toFixed(0)} MiB before)`,
    isKept: grown <= memoryMaxMiB && load.failures.length === 0,
  };
}

await using mesh = await startSwapMesh(true);
const rows = [
  ...(await measure(mesh, 'a small model and pipelines', ['solo', 'pair'])),
  ...(await measure(mesh, 'a model of 33 MB', ['large'])),
  await measureMemory(mesh),
];
for (const { promise, measured, isKept } of rows)
  console.log(`${isKept ? 'kept    ' : 'NOT kept'}  ${promise}: ${measured}`);
process.exitCode = rows.every(({ isKept }) => isKept) ? 0 : 1;
