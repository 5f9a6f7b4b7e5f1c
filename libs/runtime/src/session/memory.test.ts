import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elements, Journal, monotonicClock, type Tensor, tensorOf, trustedCaller } from '@sheaf/inference';
import { readModel } from '@sheaf/onnx';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { queueDefault } from '../scheduler/call-queue.ts';
import { openModel } from '../served-version.ts';
import { filesOf } from '../testing/model-fixture.ts';

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
            principal: trustedCaller,
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

/** Convolutions over pictures of any size; what is between them takes many times what comes in. */
function pictures(): Uint8Array {
  const channels = 32;
  const kernels = (name: string, from: number): Tensor =>
    tensorOf(name, 'FP32', [channels, from, 3, 3], new Float32Array(channels * from * 9).fill(0.01));
  const conv = (input: string, weights: string, output: string) => ({
    op: 'Conv',
    inputs: [input, weights],
    outputs: [output],
    attributes: { kernel_shape: [3n, 3n] },
  });
  return buildModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1, 'height', 'width'] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, channels, 1, 1] }],
    nodes: [
      conv('x', 'first', 'a'),
      conv('a', 'second', 'b'),
      { op: 'GlobalAveragePool', inputs: ['b'], outputs: ['y'] },
    ],
    initializers: [kernels('first', 1), kernels('second', channels)],
  });
}

/** Bytes of the process that are left when a large picture has been answered and a small one after it. */
async function leftAfter(enableCpuMemArena?: boolean): Promise<number> {
  const model = pictures();
  const { signature } = readModel(model);
  const served = await openModel({
    name: 'pictures',
    version: '1',
    signature,
    model: await filesOf(model),
    enableCpuMemArena,
    instances: 1,
    intraOpThreads: 1,
    providers: ['cpu'],
    memory: undefined,
    batching: undefined,
    runLimitMs: 60_000,
    queue: queueDefault,
    outputBytesMax: 1_000,
    onStuck: () => assert.fail('no run is stuck'),
    onOverrun: () => assert.fail('no run is too long'),
  });
  const before = process.memoryUsage.rss();
  for (const side of [1_000, 16]) {
    const journal = new Journal();
    await served.infer(
      {
        model: 'pictures',
        version: '',
        id: '',
        parameters: new Map(),
        inputs: [tensorOf('x', 'FP32', [1, 1, side, side], new Float32Array(side * side))],
        outputs: [],
      },
      {
        deadline: monotonicClock.now() + 60_000,
        signal: new AbortController().signal,
        clock: monotonicClock,
        snapshot: { epoch: 1 },
        principal: trustedCaller,
        journal,
        span: journal.start('request', 'test', undefined),
      },
    );
  }
  const left = process.memoryUsage.rss() - before;
  await served.close();
  return left;
}

describe('a model whose inputs are of any size', () => {
  it('gives back what a large one took, which the arena of the runtime keeps', async (test) => {
    const left = await leftAfter();
    const kept = await leftAfter(true);
    test.diagnostic(`${Math.round(left / 2 ** 20)} MiB, with the arena ${Math.round(kept / 2 ** 20)} MiB`);
    assert.ok(left < kept / 2, `${left} of ${kept} bytes`);
  });
});
