/** Callers of a mesh whose versions are swapped. */
import { setTimeout } from 'node:timers/promises';
import { tensorOf } from '@sheaf/inference';
import { ask } from '@sheaf/transport';
import { type Answer, versionsIn } from './judge.ts';
import type { SwapMesh } from './swap-mesh.ts';

const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));

export interface Load {
  readonly answers: readonly Answer[];
  /** What calls failed with. */
  readonly failures: readonly string[];
  /** Resolves when the calls under way have ended. */
  stop(): Promise<void>;
}

class Recorder {
  readonly answers: Answer[] = [];
  readonly failures: string[] = [];
  #calls = 0;

  async call({ gateways }: SwapMesh, names: readonly string[]): Promise<void> {
    const number = this.#calls++;
    const gateway = gateways[number % gateways.length];
    const name = names[Math.floor(number / gateways.length) % names.length];
    if (!gateway || name === undefined) throw new Error('there is nobody to ask');
    const startedAt = performance.now();
    try {
      const { response } = await ask(gateway, name, [x], { timeoutMs: 30_000 });
      this.answers.push({ startedAt, endedAt: performance.now(), versions: versionsIn(response) });
    } catch (error) {
      this.failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** So many calls are always under way. */
export function closedLoad(mesh: SwapMesh, names: readonly string[], inFlight: number): Load {
  const recorder = new Recorder();
  let isOver = false;
  const loops = Array.from({ length: inFlight }, async () => {
    while (!isOver) await recorder.call(mesh, names);
  });
  return {
    answers: recorder.answers,
    failures: recorder.failures,
    stop: async () => {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

/** A bound for what a mesh that stands still has waiting. */
const inFlightMax = 1_000;

/** So many calls a second begin, however long they take. */
export function openLoad(mesh: SwapMesh, names: readonly string[], perSecond: number): Load {
  const recorder = new Recorder();
  const underWay = new Set<Promise<void>>();
  let isOver = false;
  const startedAt = performance.now();
  const pace = async (): Promise<void> => {
    for (let begun = 0; !isOver; await setTimeout(1)) {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
      for (; begun < due; begun++) {
        if (underWay.size >= inFlightMax) continue;
        const call = recorder.call(mesh, names).finally(() => underWay.delete(call));
        underWay.add(call);
      }
    }
  };
  const paced = pace();
  return {
    answers: recorder.answers,
    failures: recorder.failures,
    stop: async () => {
      isOver = true;
      await paced;
      await Promise.all(underWay);
    },
  };
}

/** How many calls of these names are answered a second when callers want all that they can get. */
export async function capacityOf(mesh: SwapMesh, names: readonly string[], forMs: number): Promise<number> {
  const load = closedLoad(mesh, names, 16);
  await setTimeout(forMs);
  await load.stop();
  return (load.answers.length / forMs) * 1_000;
}
