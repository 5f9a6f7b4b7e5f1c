/** A stage kind and a combiner need a file of their own and an entry in their table, and nothing else: shown on a copy of the room's source. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type CallContext,
  elements,
  InferError,
  Journal,
  monotonicClock,
  type Signature,
  tensorOf,
  trustedCaller,
} from '@sheaf/inference';
import type * as Pipeline from '@sheaf/pipeline';
import { copyRoom, type RoomCopy } from './room-copy.ts';

const stageEntry = {
  file: 'stages/index.ts',
  imported: "import { retry } from './retry.ts';\n",
  after: '  fallback,\n',
  entry: '  retry,\n',
};
const combinerEntry = {
  file: 'combiners/index.ts',
  imported: "import { min } from './min.ts';\n",
  after: '  max,\n',
  entry: '  min,\n',
};

let room: RoomCopy;
before(async () => {
  room = await copyRoom('pipeline');
  await room.add('pipeline-kinds/retry.ts', 'stages/retry.ts');
  await room.add('pipeline-kinds/min.ts', 'combiners/min.ts');
});
after(() => room.remove());

const mistakes = (): string[] => room.mistakes('stages/retry.ts');

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1], symbols: ['n'] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1], symbols: ['n'] }],
};
const document = {
  pipeline: 'p',
  inputs: { x: { datatype: 'FP32', shape: ['n'] } },
  stages: {
    s: {
      retry: { ensemble: { a: { model: 'one' }, b: { model: 'two' } }, combine: { min: 'y' } },
      attempts: 3,
      inputs: { x: 'x' },
    },
  },
  outputs: { y: 's.y' },
};

function contextOf(): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  const { signal } = new AbortController();
  const deadline = monotonicClock.now() + 10_000;
  return { clock: monotonicClock, deadline, signal, snapshot: { epoch: 1 }, principal: trustedCaller, journal, span };
}

describe('a new kind of step, and a new combiner', () => {
  it('do not compile where a kind has no entry in the table', () => {
    assert.match(mistakes().join('\n'), /^stages\/index\.ts: Property 'retry' is missing/);
  });

  it('do not compile where a kind says nothing of one of its parts', async () => {
    await room.enter(stageEntry);
    await room.enter(combinerEntry);
    await room.without('stages/retry.ts', / {2}describe: .*\n/, () =>
      assert.match(mistakes().join('\n'), /^stages\/retry\.ts: Property 'describe' is missing/),
    );
  });

  it('need nothing else to compile, to run, to be drawn and to stand in the schema and on the reference page', async () => {
    assert.deepEqual(mistakes(), []);
    const pipeline: typeof Pipeline = await import(join(room.source, 'index.ts'));
    const { spec, problems } = pipeline.parsePipeline(document);
    assert.deepEqual(problems, []);
    assert.ok(spec);
    const { checked } = pipeline.typeCheck(spec, () => signature);
    assert.ok(checked);

    let calls = 0;
    const model = (target: Pipeline.ModelTarget): Pipeline.AskModel => {
      const name = target.kind === 'model' ? target.name : target.path;
      return async () => {
        calls++;
        if (calls <= 2) throw new InferError('UNAVAILABLE', 'not yet');
        const values = Float32Array.of(name === 'one' ? 1 : 2, name === 'one' ? 4 : 3);
        return { model: name, version: '1', parameters: new Map(), outputs: [tensorOf('y', 'FP32', [2], values)] };
      };
    };
    const nobody = () => assert.fail('it asks no pipeline');
    const { infer } = pipeline.createPipeline(checked, { model, pipeline: nobody });
    const request = { model: 'p', version: '', id: '', outputs: [], parameters: new Map() };
    const inputs = [tensorOf('x', 'FP32', [2], Float32Array.of(0, 0))];
    const { outputs, parameters } = await infer({ ...request, inputs }, contextOf());
    const [y] = outputs;
    assert.ok(y);
    assert.deepEqual([...elements({ ...y, datatype: 'FP32' })], [1, 3]);
    assert.equal(parameters.get('sheaf_versions'), 's.a=one/1, s.b=two/1');

    const dry = await infer({ ...request, inputs, parameters: new Map([['sheaf_plan', true]]) }, contextOf());
    assert.match(String(dry.parameters.get('sheaf_plan')), /"asks":"retry, 3 attempts"/);
    assert.match(pipeline.toMermaid(spec), /s: retry, 3 attempts<br\/>- each attempt: ensemble, min/);
    assert.match(pipeline.toSvg(spec), /retry: min/);
    assert.match(
      JSON.stringify(pipeline.pipelineSchema()),
      /So often at most\..*The smallest value, element by element\./,
    );
    assert.match(pipeline.referencePage(), /### retry\n/);
    assert.match(pipeline.referencePage(), /\| `min` \| The smallest value/);
    assert.deepEqual(
      pipeline.plannedCalls(spec, () => undefined).map((target) => 'name' in target && target.name),
      ['one', 'two'],
    );
    assert.ok(pipeline.combinerKinds.includes('min' as never));
  });
});
