import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type InferError, tensorOf } from '@sheaf/inference';
import { ask, startTestMesh } from '../support/mesh-folder.ts';
import { someRound } from '../support/rounds.ts';

/** One call at a time, 50 ms each and next to no CPU: at most 20 calls a second. */
const slow = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 1] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, async ({ x }) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { y: { shape: x.shape, data: x.data } };
});
`;
const files = {
  'slow.ts': slow,
  'pipelines/slowly.yaml': `pipeline: slowly
inputs: { x: { datatype: FP32, shape: [rows, 1] } }
stages: { slow: { transform: ./slow.ts, inputs: { x: x } } }
outputs: { y: slow.y }
`,
};
const x = tensorOf('x', 'FP32', [1, 1], Float32Array.of(1));
const capacityMax = 20;
const timeoutMs = 600;

interface Outcome {
  readonly reason: string;
  readonly ms: number;
  readonly pushbackMs: number | undefined;
}

describe('a service that is asked ten times what it can do', () => {
  it('refuses at once what it cannot serve, and serves nearly as much as it can', async (t) => {
    await using mesh = await startTestMesh(files);
    const service = mesh.service('slow');
    const call = async (): Promise<Outcome> => {
      const began = performance.now();
      const outcome = await ask(service, 'slow', [x], { timeoutMs }).then(
        () => ({ reason: 'answered', pushbackMs: undefined }),
        (error: InferError) => ({ reason: error.reason, pushbackMs: error.retryAfterMs }),
      );
      return { ...outcome, ms: performance.now() - began };
    };
    // What else the machine does makes everything late; the readiness of a server says by how much.
    let probes: number[] = [];
    const probe = async (): Promise<void> => {
      const began = performance.now();
      await service.isServerReady(timeoutMs);
      probes.push(performance.now() - began);
    };
    const load = async (perSecond: number, seconds: number): Promise<Outcome[]> => {
      const calls: Promise<Outcome>[] = [];
      const began = performance.now();
      while (performance.now() - began < seconds * 1_000) {
        if (calls.length % 8 === 0) void probe();
        while (calls.length < ((performance.now() - began) / 1_000) * perSecond) calls.push(call());
        await setTimeout(5);
      }
      return Promise.all(calls);
    };
    /** Calls a second, when there is always one that waits and none too many. */
    const measureCapacity = async (): Promise<number> => {
      const began = performance.now();
      let answers = 0;
      const oneByOne = async (): Promise<void> => {
        while (performance.now() - began < 1_000) if ((await call()).reason === 'answered') answers++;
      };
      await Promise.all([oneByOne(), oneByOne(), oneByOne()]);
      return (answers * 1_000) / (performance.now() - began);
    };
    await someRound(async () => {
      probes = [];
      const before = await measureCapacity();

      const seconds = 3;
      const outcomes = await load(10 * capacityMax, seconds);
      const capacity = Math.min(before, await measureCapacity());
      const answered = outcomes.filter(({ reason }) => reason === 'answered');
      const refused = outcomes.filter(({ reason }) => reason === 'OVERLOADED');
      const percentile = (times: readonly number[], part: number): number =>
        times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] as number;
      const times = refused.map(({ ms }) => ms);
      const [half, most] = [percentile(times, 0.5), percentile(times, 0.9)];
      const [halfLateMs, lateMs] = [percentile(probes, 0.5), Math.max(...probes)];
      const goodput = answered.length / ((seconds + timeoutMs / 1_000) * capacity);
      t.diagnostic(
        `${outcomes.length} calls, ${answered.length} answered (${Math.round(100 * goodput)} % of the ${capacity.toFixed(0)} a second that it can), ${refused.length} refused: ` +
          `half of them within ${half.toFixed(1)} ms, 90 % within ${most.toFixed(1)} ms; readiness took ${halfLateMs.toFixed(1)} to ${lateMs.toFixed(1)} ms`,
      );
      // It is over 0.9 on a machine that has nothing else to do.
      assert.ok(goodput >= 0.5, `goodput ${goodput}`);
      // The others were in, and went when a run took longer than was foreseen.
      assert.ok(half <= 20 + halfLateMs && most <= 20 + lateMs, `refusals took ${half} ms, ${most} ms`);
      assert.ok(
        answered.length + refused.length >= 0.99 * outcomes.length,
        'hardly any call finds out by its deadline',
      );
      const pushbacks = new Set(refused.map(({ pushbackMs }) => pushbackMs));
      assert.ok(pushbacks.size > 20 && [...pushbacks].every((ms = 0) => ms >= 10 && ms <= 100));
    });
  });
});
