/** Promotes and rollbacks of a mesh under load. */
import { setTimeout } from 'node:timers/promises';
import { isMixed, isWrong, type Move } from './judge.ts';
import type { Load } from './load.ts';
import { aliasesTo, type SwapMesh } from './swap-mesh.ts';

export interface Swaps {
  readonly moves: readonly Move[];
  readonly failed: readonly string[];
  readonly mixed: number;
  readonly wrong: number;
  readonly answers: number;
}

/** Moves the champion of everything between the first two versions; `between` waits before each move. */
export async function swapUnder(
  load: Load,
  mesh: SwapMesh,
  {
    count,
    withLarge,
    between,
  }: { readonly count: number; readonly withLarge: boolean; readonly between: () => Promise<unknown> },
): Promise<Swaps> {
  const moves: Move[] = [{ version: 1, begunAt: -Infinity, inForceAt: -Infinity }];
  for (let index = 0; index < count; index++) {
    await between();
    await move(mesh, moves, (index % 2) + 1 === 1 ? 2 : 1, withLarge);
  }
  await between();
  await load.stop();
  return judged(load, moves);
}

async function move(mesh: SwapMesh, moves: Move[], version: number, withLarge: boolean): Promise<void> {
  const own: Move = { version, begunAt: performance.now(), inForceAt: Infinity };
  moves.push(own);
  await mesh.running.steer({ aliases: aliasesTo(version, withLarge) });
  own.inForceAt = performance.now();
}

export function judged({ answers, failures }: Load, moves: readonly Move[]): Swaps {
  return {
    moves,
    failed: failures,
    mixed: answers.filter(isMixed).length,
    wrong: answers.filter((answer) => isWrong(answer, moves)).length,
    answers: answers.length,
  };
}

const windowMs = 250;

export interface Latencies {
  readonly beforeMs: number;
  readonly duringMs: number;
}

/**
 * The 99th of 100 latencies of calls that began in the quarter of a second from the beginning of a move on, and in one that ended a quarter of a second before
 * it: what began in between may have been under way when it came, and is in neither.
 */
export function latenciesOf({ answers }: Load, moves: readonly Move[]): Latencies {
  const times = moves.slice(1).map(({ begunAt }) => begunAt);
  const [before, during]: [number[], number[]] = [[], []];
  for (const { startedAt, endedAt } of answers)
    for (const at of times) {
      if (startedAt >= at - 2 * windowMs && startedAt < at - windowMs) before.push(endedAt - startedAt);
      if (startedAt >= at && startedAt < at + windowMs) during.push(endedAt - startedAt);
    }
  return { beforeMs: quantile(before, 0.99), duringMs: quantile(during, 0.99) };
}

export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** A while that differs from move to move, so that none falls in with what the mesh does by the clock. */
export const spread = (index: number): Promise<unknown> => setTimeout(4 * windowMs + ((index * 37) % 100));
