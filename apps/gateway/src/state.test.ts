import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Mesh, readMesh } from '@sheaf/mesh';
import { openGatewayState } from './state.ts';

/** Of two gateways; read where Redis is, wherever it is opened. */
async function withMesh(policies: string, use: (mesh: Mesh) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-state-'));
  const { REDIS_URL: before } = process.env;
  process.env['REDIS_URL'] = 'redis://127.0.0.1:6379';
  try {
    await writeFile(
      join(folder, 'mesh.yaml'),
      'gateway: { replicas: 2 }\nservices: { far: { endpoint: 127.0.0.1:1, models: [m] } }\n',
    );
    await writeFile(join(folder, 'policies.yaml'), policies);
    const { mesh, problems } = await readMesh(folder);
    assert.ok(mesh, JSON.stringify(problems));
    await use(mesh);
  } finally {
    if (before === undefined) delete process.env['REDIS_URL'];
    else process.env['REDIS_URL'] = before;
    await rm(folder, { recursive: true });
  }
}

describe('the state of a gateway', () => {
  it('is not opened where each of several gateways would allow the whole of a limit', () =>
    withMesh('limits: [{ name: few, rate: 5/s }]\n', async (mesh) => {
      await assert.rejects(openGatewayState(mesh, { env: {} }), {
        code: 'FAILED_PRECONDITION',
        message: /^policies\.yaml: limits: 2 gateways would each allow the whole of every limit; want REDIS_URL, /,
      });
      assert.deepEqual((await readdir(mesh.folder)).sort(), ['mesh.yaml', 'policies.yaml']);
    }));

  it('is opened where each counts its part, or where quotas are all there is', async () => {
    for (const policies of [
      'limits: [{ name: few, rate: 5/s }]\nlimiter: { share: true }\n',
      'limits: [{ name: many, quota: 5/day }]\n',
    ])
      await withMesh(policies, async (mesh) => (await openGatewayState(mesh, { env: {} })).close());
  });

  it('is not opened with a file for the URL that holds none, which is not shown', () =>
    withMesh('limits: []\n', async (mesh) => {
      const file = join(mesh.folder, 'url');
      await writeFile(file, 'http://u:secret@host');
      await assert.rejects(openGatewayState(mesh, { env: { REDIS_URL_FILE: file } }), {
        message: 'REDIS_URL_FILE: the file has to hold a URL: want redis://... or rediss://..., got something else',
      });
    }));

  it('is not opened with a REDIS_URL of something else, which is not shown', () =>
    withMesh('limits: []\n', async (mesh) => {
      for (const url of [
        '127.0.0.1:6379',
        'http://u:secret@host',
        'redis://',
        'redis://u:%zz@host',
        'redis://h/secret',
      ])
        await assert.rejects(openGatewayState(mesh, { env: { REDIS_URL: url } }), (error: Error) => {
          assert.equal(error.message, 'REDIS_URL: want redis://... or rediss://..., got something else');
          assert.equal(error.cause, undefined);
          return true;
        });
    }));
});
