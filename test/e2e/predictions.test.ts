/** What a batch has computed, looked up at a gateway by those who may. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodeBatchSpec } from '@sheaf/batch';
import { openWork, type Work } from '@sheaf/jobs';
import { sampleModels } from '@sheaf/onnx/testing';
import { connectJobs, type JobsConnection, type PredictionsCalls } from '@sheaf/transport';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const files = {
  'models/scale/1/model.onnx': sampleModels.scale(2),
  'models/scale/2/model.onnx': sampleModels.scale(3),
  'policies.yaml': 'identity: { keys: true }\n',
};

let mesh: TestMesh;
let work: Work;
const connections = new Map<string, JobsConnection>();

before(async () => {
  let keys: Record<string, string> = {};
  mesh = await startTestMesh(files, async (folder) => {
    keys = await addKeys(folder, { reader: { tenant: 'a' }, stranger: { tenant: 'b', models: ['other'] } });
  });
  work = await openWork(mesh.mesh.folder);
  const target = `127.0.0.1:${mesh.running.gateway.port}`;
  for (const [name, key] of Object.entries(keys))
    connections.set(name, connectJobs(target, { metadata: { 'x-api-key': key }, tls: undefined, timeoutMs: 20_000 }));
});
after(async () => {
  for (const connection of connections.values()) connection.close();
  await work?.close();
  await mesh?.[Symbol.asyncDispose]();
});

const lookUp = (who: string): PredictionsCalls => connections.get(who)?.predictions as PredictionsCalls;

/** A batch over these rows, at a version; resolves when its generation is served. */
async function computed(version: string, rows: readonly string[]): Promise<void> {
  const path = join(mesh.mesh.folder, `rows-${version}.csv`);
  await writeFile(path, `key,a,b\n${rows.join('\n')}\n`);
  const spec = encodeBatchSpec({
    input: { path },
    mapping: { key: ['key'], tensors: [{ tensor: 'x', columns: ['a', 'b'], from: 'values' }], outputs: [] },
    ...{ chunkRows: 10, requestRows: 4 },
  });
  const batch = { tenant: 'a', principal: 'trusted', subject: 'scale', version, spec } as const;
  const { record } = await work.batches.create(batch);
  await waitFor(async () => (await work.batches.get(record.id))?.state !== 'running');
  const ended = await work.batches.get(record.id);
  assert.deepEqual([ended?.state, ended?.error], ['succeeded', undefined]);
}

async function predictedFor(key: string): Promise<readonly unknown[]> {
  const { generation, prediction } = await lookUp('reader').get({ collection: 'scale', key });
  const [bytes] = prediction?.response?.rawOutputContents ?? [];
  const [value] = new Float32Array(Uint8Array.from(bytes ?? []).buffer);
  return [value, prediction?.response?.modelVersion, generation?.number];
}

describe('predictions', () => {
  it('are those of the current generation, and of the one before after a rollback', async () => {
    await computed('1', ['k1,1,0', 'k2,2,0', '"k,""3""",3,0']);
    assert.deepEqual(await predictedFor('k2'), [4, '1', 1]);
    assert.deepEqual(await predictedFor('k,"3"'), [6, '1', 1]);
    await computed('2', ['k1,1,0', 'k2,2,0', 'k4,4,0']);
    assert.deepEqual(await predictedFor('k2'), [6, '2', 2]);
    const { epoch = 0 } = (await work.predictions.current('scale')) ?? {};
    await work.predictions.rollback({ collection: 'scale', expectedEpoch: epoch, by: 'test', why: 'worse' });
    assert.deepEqual(await predictedFor('k2'), [4, '1', 1]);
  });

  it('come several at once, in their order, with those told that are not there and those that are old', async () => {
    const keys = ['k2', 'nobody', 'k1'];
    const { predictions = [] } = await lookUp('reader').batchGet({ collection: 'scale', keys, ageMsMax: 1 });
    assert.deepEqual(
      predictions.map(({ key, isMissing, isStale }) => [key, isMissing, isStale]),
      [
        ['k2', false, true],
        ['nobody', true, false],
        ['k1', false, true],
      ],
    );
  });

  it('are not there for whoever may not see what computed them, and a wrong question is told', async () => {
    const refused = (asked: Promise<unknown>, code: string, message: RegExp): Promise<void> =>
      assert.rejects(asked, { code, message });
    await refused(lookUp('stranger').get({ collection: 'scale', key: 'k1' }), 'NOT_FOUND', /no predictions "scale"/);
    await refused(lookUp('reader').get({ collection: 'absent', key: 'k1' }), 'NOT_FOUND', /no predictions "absent"/);
    await refused(lookUp('reader').get({ collection: 'scale', key: 'k9' }), 'NOT_FOUND', /no prediction for "k9"/);
    await refused(
      lookUp('reader').get({ collection: 'scale', key: '' }),
      'INVALID_ARGUMENT',
      /key: want 1 to 1024 bytes/,
    );
    const twice = lookUp('reader').batchGet({ collection: 'scale', keys: ['k1', 'k1'] });
    await refused(twice, 'INVALID_ARGUMENT', /keys: want each key once/);
    await refused(
      lookUp('reader').batchGet({ collection: 'scale', keys: [] }),
      'INVALID_ARGUMENT',
      /keys: want 1 to 1000/,
    );
  });
});
