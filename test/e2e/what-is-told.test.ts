/** What a refusal says to the person who has to do something about it. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

/** About a microsecond each. */
const count = (name: string, ...iterations: number[]): Tensor =>
  tensorOf(name, 'INT64', name === 'x' ? [] : [iterations.length], BigInt64Array.from(iterations, BigInt));
const refusal = (asked: Promise<unknown>): Promise<InferError> =>
  asked.then(
    () => assert.fail('it was answered'),
    (error) => (error instanceof InferError ? error : assert.fail(String(error))),
  );

describe('a refusal', () => {
  it('of a call whose time is up names the stage that it was in', async () => {
    await using mesh = await startTestMesh({
      // The gateway's own limit, so that its answer comes long before the client's time is up.
      'mesh.yaml': 'limits: { deadlineMaxMs: 400 }\n',
      'models/slow': sampleModels.slowLoop(),
      'models/slow/model.yaml': 'runLimitMs: 60000\n',
      'pipelines/p.yaml': `pipeline: p
inputs: { x: { datatype: INT64, shape: [] } }
stages: { dear: { model: slow, inputs: { x: x } } }
outputs: { y: dear.y }
`,
    });
    const { code, message, reason, metadata } = await refusal(
      ask(mesh.gateway, 'p', [count('x', 3_000_000)], { timeoutMs: 60_000 }),
    );
    assert.deepEqual([code, reason, metadata['stage']], ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED_IN_STAGE', 'dear']);
    assert.match(message, /stage dear: /);
  });

  it('of a request whose own parts fill a service says so, and what has them wait instead', async () => {
    await using mesh = await startTestMesh({
      'models/slow': sampleModels.slowLoop(),
      'models/slow/model.yaml': 'runLimitMs: 60000\nqueue: { callsMax: 2 }\n',
      'pipelines/p.yaml': `pipeline: p
inputs: { each: { datatype: INT64, shape: [n] } }
stages: { parts: { each: { model: slow }, over: x, concurrency: 8, inputs: { x: each } } }
outputs: { y: parts.y }
`,
    });
    const { code, message, reason } = await refusal(
      ask(mesh.gateway, 'p', [count('each', ...Array(8).fill(500_000))], { timeoutMs: 60_000 }),
    );
    assert.deepEqual([code, reason], ['UNAVAILABLE', 'OVERLOADED_ALL']);
    assert.match(
      message,
      /^stage parts: service slow: all of it has too much to do, \d other calls of this same request among it \(a smaller concurrency of its each would have them wait\); model slow\/1: 2 calls already wait$/,
    );
  });

  it('of outputs that are too large names the limit and the key that sets it', async () => {
    await using mesh = await startTestMesh({
      'mesh.yaml': 'limits: { messageBytesMax: 65536 }\n',
      'models/zeros': sampleModels.zeros(),
    });
    const { code, message } = await refusal(
      ask(mesh.gateway, 'zeros', [tensorOf('x', 'INT64', [1], BigInt64Array.of(100_000n))]),
    );
    assert.equal(code, 'RESOURCE_EXHAUSTED');
    assert.match(message, /more than 65536 bytes \(limits\.innerMessageBytesMax in mesh\.yaml\)$/);
  });
});

describe('what a transform prints while it is described', () => {
  it('is no part of what sheaf check and sheaf graph print, and bears its name', async () => {
    const folder = await writeFolder({
      'loud.ts': `import { defineTransform } from '@sheaf/inference';
console.log('reading the alphabet\\nof 6,625 letters');
const tensor = { datatype: 'FP32', shape: ['n'] } as const;
export default defineTransform({ inputs: { x: tensor }, outputs: { y: tensor } }, ({ x }) => ({ y: x }));
`,
      'pipelines/p.yaml': `pipeline: p
inputs: { x: { datatype: FP32, shape: [n] } }
stages: { a: { transform: ./loud.ts, inputs: { x: x } } }
outputs: { y: a.y }
`,
    });
    const checked = await runSheaf(['check', folder]);
    assert.equal(checked.stdout, 'no mistakes: 0 models, 1 transform, 1 pipeline, 1 service\n');
    assert.equal(checked.stderr, 'loud.ts: reading the alphabet\nloud.ts: of 6,625 letters\n');
    const { stdout } = await runSheaf(['graph', 'p', folder]);
    assert.doesNotMatch(stdout, /alphabet/);
    await rm(folder, { recursive: true });
  });
});
