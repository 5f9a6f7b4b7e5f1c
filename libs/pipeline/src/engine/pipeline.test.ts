import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CallContext,
  type CallSignal,
  type Infer,
  InferError,
  Journal,
  monotonicClock,
  type Signature,
  tensorOf,
  trustedCaller,
} from '@sheaf/inference';
import { createPipeline, parsePipeline, toMermaid, typeCheck } from '../index.ts';

const vector = [{ name: 'x', datatype: 'FP32', shape: [-1] }] as const;
const signature: Signature = { inputs: vector, outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }] };

const input = tensorOf('x', 'FP32', [2], Float32Array.of(1, 2));
const answer = (model: string, values: Float32Array = Float32Array.of(1, 2)) => ({
  model,
  version: '3',
  parameters: new Map(),
  outputs: [tensorOf('y', 'FP32', [values.length], values)],
});

function contextWith(signal: AbortSignal): CallContext {
  const journal = new Journal();
  return {
    clock: { ...monotonicClock, now: () => 0 },
    deadline: 1_000,
    signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span: journal.start('request', 'test', undefined),
  };
}

/** A pipeline over fakes, and a way to call it. */
function build(stages: object, outputs: object, resolve: (model: string) => Infer) {
  const { spec, problems } = parsePipeline({
    pipeline: 'p',
    inputs: { x: { datatype: 'FP32', shape: [-1] } },
    stages,
    outputs,
  });
  assert.deepEqual(problems, []);
  assert.ok(spec);
  const { checked, problems: found } = typeCheck(spec, () => signature);
  assert.deepEqual(found, []);
  assert.ok(checked);
  const { infer } = createPipeline(checked, {
    model: (target) => {
      const name = target.kind === 'transform' ? target.path : target.name;
      const model = resolve(name);
      return (request, context) => model({ ...request, model: name, version: '' }, context);
    },
    pipeline: (target) => assert.fail(`nobody fakes ${target.name}`),
  });
  return (context = contextWith(new AbortController().signal), wanted: string[] = []) =>
    infer({ model: 'p', version: '', id: '', parameters: new Map(), inputs: [input], outputs: wanted }, context);
}

const stage = (model: string, from: string) => ({ model, inputs: { x: from } });

describe('a pipeline', () => {
  it('starts a stage as soon as its inputs are there, and independent stages together', async () => {
    const started: string[] = [];
    const gates = new Map<string, () => void>();
    const call = build(
      { a: stage('a', 'x'), b: stage('b', 'x'), c: stage('c', 'a.y') },
      { y: 'b.y', z: 'c.y' },
      (model) => async () => {
        started.push(model);
        await new Promise<void>((resolve) => gates.set(model, resolve));
        return answer(model);
      },
    );
    const done = call();
    await new Promise(setImmediate);
    assert.deepEqual(started, ['a', 'b']);
    gates.get('a')?.();
    await new Promise(setImmediate);
    // b has not answered yet, and c does not need it.
    assert.deepEqual(started, ['a', 'b', 'c']);
    gates.get('b')?.();
    gates.get('c')?.();
    assert.deepEqual((await done).parameters.get('sheaf_versions'), 'a=a/3, b=b/3, c=c/3');
  });

  it('runs only what the wanted outputs need', async () => {
    const started: string[] = [];
    const call = build({ a: stage('a', 'x'), b: stage('b', 'x') }, { y: 'a.y', z: 'b.y' }, (model) => async () => {
      started.push(model);
      return answer(model);
    });
    assert.deepEqual(
      (await call(undefined, ['z'])).outputs.map(({ name }) => name),
      ['z'],
    );
    assert.deepEqual(started, ['b']);
  });

  it('fails with the stage and the member named, and cancels what runs beside', async () => {
    let sibling: CallSignal | undefined;
    const read = {
      ensemble: { good: { model: 'good' }, bad: { model: 'bad' } },
      inputs: { x: 'x' },
      combine: { mean: 'y' },
    };
    const call = build(
      { read, other: stage('slow', 'x') },
      { y: 'read.y', z: 'other.y' },
      (model) => async (_, context) => {
        if (model === 'bad') throw new InferError('UNAVAILABLE', 'service bad cannot be reached');
        if (model === 'slow') sibling = context.signal;
        if (model === 'slow') await new Promise(() => {});
        return answer(model);
      },
    );
    await assert.rejects(call(), (error) => {
      assert.ok(error instanceof InferError);
      assert.equal(error.code, 'UNAVAILABLE');
      assert.equal(error.message, 'stage read: member bad: service bad cannot be reached');
      assert.equal(error.metadata['stage'], 'read');
      return true;
    });
    assert.equal(sibling?.aborted, true);
  });

  it('calls it its own fault when a later stage refuses a tensor that the caller did not send', async () => {
    const call = build({ a: stage('a', 'x'), b: stage('b', 'a.y') }, { y: 'b.y' }, (model) => async () => {
      if (model === 'b') throw new InferError('INVALID_ARGUMENT', 'inputs[0]: no');
      return answer(model);
    });
    await assert.rejects(
      call(),
      (error) =>
        error instanceof InferError && error.code === 'INTERNAL' && error.reason === 'STAGE_CONTRACT_VIOLATION',
    );
  });

  it('starts no stage once the caller has left', async () => {
    const controller = new AbortController();
    const started: string[] = [];
    const call = build({ a: stage('a', 'x'), b: stage('b', 'a.y') }, { y: 'b.y' }, (model) => async () => {
      started.push(model);
      controller.abort();
      return answer(model);
    });
    await assert.rejects(
      call(contextWith(controller.signal)),
      (error) => error instanceof InferError && error.code === 'CANCELLED',
    );
    assert.deepEqual(started, ['a']);
  });

  it('tells the caller that left before a stage with a time limit of its own began', async () => {
    const controller = new AbortController();
    let seen: CallSignal | undefined;
    const call = build(
      { a: stage('a', 'x'), b: { ...stage('b', 'a.y'), timeout: '500ms' } },
      { y: 'b.y' },
      (model) =>
        async (_request, { signal }) => {
          if (model === 'a') queueMicrotask(() => controller.abort());
          else seen = signal;
          return answer(model);
        },
    );
    await assert.rejects(call(contextWith(controller.signal)), { code: 'CANCELLED' });
    assert.ok(seen === undefined || seen.aborted);
  });

  it('names the stage whose answer lacks an output', async () => {
    const call = build({ a: stage('a', 'x') }, { y: 'a.y' }, (model) => async () => ({
      ...answer(model),
      outputs: [],
    }));
    await assert.rejects(call(), { code: 'INTERNAL', message: /stage a: .*"y"/ });
  });

  it('tells every cycle, once', () => {
    const { problems } = parsePipeline({
      pipeline: 'p',
      inputs: { x: { datatype: 'FP32', shape: [-1] } },
      stages: { a: stage('m', 'b.y'), b: stage('m', 'a.y'), c: stage('m', 'c.y'), d: stage('m', 'a.y') },
      outputs: { y: 'd.y' },
    });
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['the stages form a cycle: b -> a -> b', 'the stages form a cycle: c -> c'],
    );
  });

  it('can be drawn', () => {
    const { spec } = parsePipeline({
      pipeline: 'p',
      inputs: { x: { datatype: 'FP32', shape: [-1] } },
      stages: { a: stage('m', 'x') },
      outputs: { y: 'a.y' },
    });
    assert.ok(spec);
    assert.match(toMermaid(spec), /i0 -- "x" --> s0/);
    const { checked } = typeCheck(spec, () => signature);
    assert.match(toMermaid(spec, checked), /s0 -- "y<br\/>FP32 \[-1\]" --> o0/);
  });
  it('is drawn with what holds for its steps, whatever its names are', () => {
    const { spec, problems } = parsePipeline({
      pipeline: 'p',
      inputs: { 'a--b': { datatype: 'FP32', shape: [-1] } },
      stages: {
        'x---': {
          ensemble: { m: { model: 'm', softTimeout: '5ms' }, n: { model: 'n', optional: false, weight: 2 } },
          combine: { 'soft-vote': 'y', labels: ['no', 'yes'] },
          quorum: { weight: 1 },
          timeout: '2s',
          inputs: { x: 'a--b' },
        },
      },
      outputs: { y: 'x---.label' },
    });
    assert.ok(spec, JSON.stringify(problems));
    const [, input, step, ...rest] = toMermaid(spec).split('\n');
    assert.equal(input, '  i0(["a--b<br/>FP32 [-1]"])');
    assert.equal(
      step,
      '  s0["x---: ensemble, soft-vote (at most 2000 ms, quorum of weight 1, classes no, yes)<br/>- m (optional, waited for 5 ms): model #quot;m#quot;<br/>- n (weight 2): model #quot;n#quot;"]',
    );
    assert.deepEqual(rest, ['  o0(["y"])', '  i0 -- "x" --> s0', '  s0 -- "label" --> o0']);
  });
});
