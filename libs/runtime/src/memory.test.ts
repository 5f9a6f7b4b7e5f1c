import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, Journal, monotonicClock, type Tensor, tensorOf } from '@sheaf/inference';
import { readModel, sampleModels } from '@sheaf/onnx';
import { queueDefault } from './call-queue.ts';
import { filesOf } from './model-fixture.ts';
import { openModel } from './served-version.ts';

describe('a model past its memory budget', () => {
  it('has its workers replaced under load, and fails no call', async () => {
    const model = sampleModels.scale(2, ['batch', 1]);
    let usedBytes = 0;
    const { signature } = readModel(model);
    const served = await openModel({
      name: 'double',
      version: '1',
      signature,
      model: await filesOf(model),
      instances: 2,
      intraOpThreads: 1,
      providers: ['cpu'],
      memory: { maxBytes: 100, used: () => usedBytes, intervalMs: 5 },
      batching: { maxRows: 4, maxQueueDelayMs: 0, preferredRows: [], allowedRows: [] },
      runLimitMs: 10_000,
      queue: queueDefault,
      outputBytesMax: 1_000,
      onStuck: () => assert.fail('no run is stuck'),
      onOverrun: () => assert.fail('no run is too long'),
    });
    const lines: string[] = [];
    const { error } = console;
    console.error = (line: string) => lines.push(line);
    try {
      const until = performance.now() + 2_000;
      let calls = 0;
      const loop = async (): Promise<void> => {
        while (performance.now() < until) {
          const value = ++calls;
          if (value === 200) usedBytes = 200;
          assert.deepEqual(await ask([value]), [value * 2]);
        }
      };
      const ask = async (values: number[]): Promise<number[]> => {
        const journal = new Journal();
        const span = journal.start('request', 'test', undefined);
        const { signal } = new AbortController();
        const input = tensorOf('x', 'FP32', [1, 1], Float32Array.from(values));
        const { outputs } = await served.infer(
          { model: 'double', version: '', id: '', parameters: new Map(), inputs: [input], outputs: [] },
          {
            deadline: monotonicClock.now() + 5_000,
            signal,
            clock: monotonicClock,
            snapshot: { epoch: 1 },
            journal,
            span,
          },
        );
        return Array.from(elements({ ...(outputs[0] as Tensor), datatype: 'FP32' as const }));
      };
      await Promise.all(Array.from({ length: 8 }, loop));
      assert.ok(calls > 200, `${calls} calls`);
    } finally {
      console.error = error;
      await served.close();
    }
    assert.deepEqual(lines, ['model double/1: the process takes 0 MiB; its workers are replaced']);
  });
});
