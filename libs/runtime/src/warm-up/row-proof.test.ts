import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { elements, type InferRequest, type Tensor, tensorOf } from '@sheaf/inference';
import { readModel } from '@sheaf/onnx';
import { buildModel, chainModel, lookupModel, rowMixing, rowWise, sampleModels } from '@sheaf/onnx/testing';
import { type BatchingOptions, queueDefault } from '../scheduler/call-queue.ts';
import { openModel, type ServedVersion } from '../served-version.ts';
import { filesOf } from '../testing/model-fixture.ts';
import { contextOf } from '../testing/scheduler-fixture.ts';
import { allowedRounding, difference } from './row-difference.ts';
import { seededRandom } from './row-samples.ts';

const batching: BatchingOptions = { maxRows: 64, maxQueueDelayMs: 0, preferredRows: [], allowedRows: [] };
const opened: ServedVersion[] = [];
after(() => Promise.all(opened.map((served) => served.close())));

async function open(model: Uint8Array, options: BatchingOptions | undefined = batching): Promise<ServedVersion> {
  const served = await openModel({
    name: 'm',
    version: '1',
    signature: readModel(model).signature,
    model: await filesOf(model),
    instances: 1,
    intraOpThreads: 1,
    providers: ['cpu'],
    memory: undefined,
    batching: options,
    runLimitMs: 60_000,
    queue: queueDefault,
    outputBytesMax: 2 ** 20,
    onStuck: () => assert.fail('no run is stuck'),
    onOverrun: () => assert.fail('no run is too long'),
  });
  opened.push(served);
  return served;
}

async function ask({ infer }: ServedVersion, inputs: readonly Tensor[]): Promise<readonly Tensor[]> {
  const request: InferRequest = { id: '', model: 'm', version: '1', parameters: new Map(), inputs, outputs: [] };
  return (await infer(request, contextOf())).outputs;
}

/** Calls of one to three rows of different values. */
const calls = (seed: number, count = 24): Tensor[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const rows = (index % 3) + 1;
    return tensorOf(
      'x',
      'FP32',
      [rows, 4],
      Float32Array.from({ length: rows * 4 }, () => random() * 8 - 4),
    );
  });
};

/** Asks all at once what was asked one by one before. */
async function answersAlike(served: ServedVersion, inputs: readonly (readonly Tensor[])[]): Promise<void> {
  const alone: (readonly Tensor[])[] = [];
  for (const one of inputs) alone.push(await ask(served, one));
  const together = await Promise.all(inputs.map((one) => ask(served, one)));
  for (const [index, outputs] of together.entries())
    for (const [at, tensor] of outputs.entries()) {
      const apart = difference(alone[index]?.[at] as Tensor, tensor);
      assert.ok(apart <= allowedRounding(tensor.datatype), `call ${index}: "${tensor.name}" differs by ${apart}`);
    }
}

describe('calls share a run', () => {
  for (const [name, step] of Object.entries(rowWise))
    it(`of a model whose rows are shown to be independent: ${name}`, async () => {
      const served = await open(chainModel([step], 'unk__6', 'unk__7'));
      assert.deepEqual([served.batchability?.batched, served.batchability?.why], [true, 'its rows are independent']);
      assert.match(served.batchability?.evidence ?? '', /^\d+ runs in \d+ ms, of up to 64 rows, equal /);
      await answersAlike(
        served,
        calls(7).map((x) => [x]),
      );
    });

  for (const [name, step] of Object.entries(rowMixing))
    it(`never of one that mixes them: ${name}`, async () => {
      for (const symbol of ['T', 'batch']) {
        const served = await open(chainModel([step], symbol));
        assert.equal(served.batchability?.batched, false);
        assert.match(served.batchability.why, /^output "y" |^a run of/);
        // What draws at random differs from itself.
        if (!/noise|dropout|draw/.test(name))
          await answersAlike(
            served,
            calls(11).map((x) => [x]),
          );
      }
    });

  // The runtime drops a dropout that other steps follow, and a bound may never be passed behind them.
  it('as little where a mixing step stands anywhere in a chain of others', async () => {
    const seed = Number(process.env['SHEAF_SEED'] ?? Date.now() % 100_000);
    const random = seededRandom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    for (let round = 0; round < 24; round++) {
      const names = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(Object.keys(rowWise)));
      const steps = names.map((name) => rowWise[name as keyof typeof rowWise] as (typeof rowWise)[string]);
      const mixer =
        round % 2 === 0 ? undefined : pick(Object.keys(rowMixing).filter((name) => !/bound|dropout/.test(name)));
      const chain =
        mixer === undefined
          ? steps
          : steps.toSpliced(
              Math.floor(random() * (steps.length + 1)),
              0,
              rowMixing[mixer] as (typeof rowMixing)[string],
            );
      const served = await open(chainModel(chain));
      const told = `seed ${seed}, round ${round}: ${names.join(', ')}${mixer ? ` with ${mixer}` : ''}`;
      assert.equal(served.batchability?.batched, mixer === undefined, `${told}: ${served.batchability?.why}`);
      if (mixer === undefined || !/noise|draw/.test(mixer))
        await answersAlike(
          served,
          calls(round + 1).map((x) => [x]),
        ).catch((error: unknown) => assert.fail(`${told}: ${error}`));
    }
  });

  it('not where one input has no rows, whatever its dimension is called', async () => {
    const random = seededRandom(3);
    const inputs = Array.from({ length: 24 }, () => [
      tensorOf('x', 'INT64', [2], BigInt64Array.of(0n, 1n)),
      tensorOf('table', 'FP32', [2, 4], Float32Array.from({ length: 8 }, random)),
    ]);
    for (const symbol of ['batch', 'k']) {
      const served = await open(lookupModel(symbol));
      assert.equal(served.batchability?.batched, false);
      await answersAlike(served, inputs);
    }
  });

  it('not where integers are looked at all together, as of pictures that may be of 0 to 1 or of 0 to 255', async () => {
    const pictures = buildModel({
      inputs: [{ name: 'x', datatype: 'UINT8', shape: ['batch', 3, 32, 32] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 3, 32, 32] }],
      nodes: [
        { op: 'Cast', inputs: ['x'], outputs: ['numbers'], attributes: { to: 1n } },
        { op: 'ReduceMax', inputs: ['numbers'], outputs: ['largest'], attributes: { keepdims: 0n } },
        { op: 'Greater', inputs: ['largest', 'one'], outputs: ['isOfBytes'] },
        { op: 'Div', inputs: ['numbers', 'most'], outputs: ['shares'] },
        { op: 'Where', inputs: ['isOfBytes', 'shares', 'numbers'], outputs: ['y'] },
      ],
      initializers: [
        tensorOf('one', 'FP32', [], Float32Array.of(1)),
        tensorOf('most', 'FP32', [], Float32Array.of(255)),
      ],
    });
    const { batchability } = await open(pictures);
    assert.match(`${batchability?.batched} ${batchability?.why}`, /^false output "y" of a row differs by /);
  });

  it('not where an output tells nothing of its rows', async () => {
    const never = buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 1] }],
      outputs: [{ name: 'y', datatype: 'BOOL', shape: ['n', 1] }],
      nodes: [{ op: 'IsInf', inputs: ['x'], outputs: ['y'] }],
    });
    const { batchability } = await open(never);
    assert.equal(batchability?.batched, false);
    assert.equal(batchability.why, 'output "y" was the same for all rows that were tried, which shows nothing');
  });

  it('not where the inputs cannot be put one below the other, and it is said why', async () => {
    const why = async (model: Uint8Array, options?: BatchingOptions | undefined): Promise<string | undefined> =>
      (await open(model, options)).batchability?.why;
    assert.equal(await why(sampleModels.scale(1, [1, 2])), 'input "x" takes exactly 1 row');
    assert.equal(await why(sampleModels.slowLoop()), 'input "x" is a scalar');
    assert.equal(
      await why(sampleModels.identity('FP32', ['n', 'n'])),
      'its first dimension "n" is also another dimension of input "x"',
    );
    assert.match((await why(sampleModels.zeros())) ?? '', /^input "x" takes exactly 1 row$/);
    assert.match(
      (await why(sampleModels.failingReshape())) ?? '',
      /^none of the inputs that were made up for it was accepted/,
    );
    assert.equal(await why(sampleModels.scale(2), { ...batching, maxRows: 1 }), 'maxRows is 1');
  });

  it('not where one output of several mixes them, and that one is named', async () => {
    const { batchability } = await open(
      buildModel({
        inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 4] }],
        outputs: [
          { name: 'own', datatype: 'FP32', shape: ['n', 4] },
          { name: 'mixed', datatype: 'FP32', shape: ['n', 4] },
        ],
        nodes: [
          { op: 'Tanh', inputs: ['x'], outputs: ['own'] },
          { op: 'Softmax', inputs: ['x'], outputs: ['mixed'], attributes: { axis: 0n } },
        ],
      }),
    );
    assert.match(batchability?.why ?? '', /^output "mixed" of a row differs by /);
  });

  it('by the word of the author alone, which is called so, with what speaks against it', async () => {
    const trusted = { ...batching, rowsIndependent: true };
    const fine = await open(chainModel([rowWise['tanh'] as (typeof rowWise)[string]]), trusted);
    assert.deepEqual(
      [fine.batchability?.batched, fine.batchability?.why],
      [true, 'model.yaml says that its rows are independent'],
    );
    const wrong = await open(chainModel([Object.values(rowMixing)[0] as (typeof rowMixing)[string]]), trusted);
    assert.equal(wrong.batchability?.batched, true);
    assert.match(
      wrong.batchability.why,
      /^model.yaml says that its rows are independent, although output "y" of a row differs by .* % /,
    );
  });

  it('of no call without rows, which gets the same alone and in company', async () => {
    const served = await open(sampleModels.scale(2));
    const call = (rows: number): Tensor[] => [tensorOf('x', 'FP32', [rows, 2], new Float32Array(rows * 2).fill(rows))];
    const [alone] = await ask(served, call(0));
    const together = await Promise.all([1, 0, 2, 0, 1].map((rows) => ask(served, call(rows))));
    assert.deepEqual(alone?.shape, [0, 2]);
    for (const [index, rows] of [1, 0, 2, 0, 1].entries()) {
      const [y] = together[index] ?? [];
      assert.deepEqual(y?.shape, [rows, 2]);
      assert.deepEqual([...elements({ ...(y as Tensor), datatype: 'FP32' })], new Array(rows * 2).fill(2 * rows));
    }
  });

  it('where every datatype is tried', async () => {
    for (const datatype of ['FP16', 'FP64', 'INT8', 'UINT8', 'INT32', 'INT64', 'BOOL', 'BYTES'] as const) {
      const { batchability } = await open(sampleModels.identity(datatype, [-1, 'seq']));
      assert.equal(batchability?.batched, true, `${datatype}: ${batchability?.why}`);
    }
  });
});
