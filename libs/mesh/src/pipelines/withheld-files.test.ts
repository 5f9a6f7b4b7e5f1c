import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatProblem } from '../problem.ts';
import { readMesh } from '../read-mesh.ts';
import { withheldFiles } from './withheld-files.ts';

const meshYaml = `secret: { file: ./mesh.secret }
services:
  far: { models: [m], endpoint: '127.0.0.1:9', token: { file: ./tokens/far } }
`;

describe('what no transform reads', () => {
  it('is what mesh.yaml and policies.yaml name, and the state of the mesh, there or not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-withheld-'));
    await writeFile(join(folder, 'mesh.yaml'), meshYaml);
    await writeFile(join(folder, 'mesh.secret'), 'x'.repeat(64), { mode: 0o600 });
    await writeFile(
      join(folder, 'policies.yaml'),
      'accessLog: { file: ./calls.log }\nidentity: { anonymous: { tenant: all, roles: [infer], models: ["*"] } }\n',
    );
    const { servable, problems } = await readMesh(folder);
    await rm(folder, { recursive: true });
    assert.deepEqual(
      servable?.withheld,
      ['.sheaf', 'calls.log', 'mesh.secret', 'tokens/far'].map((path) => join(folder, path)),
      problems.map(formatProblem).join('\n'),
    );
  });

  it('is what the environment names in the folder', () => {
    const folder = join(tmpdir(), 'a mesh');
    const mesh = { folder, services: [], gateway: {} as never, tls: undefined, jobs: {} as never };
    const env = {
      REDIS_URL_FILE: join(folder, 'redis'),
      OTEL_EXPORTER_OTLP_HEADERS_FILE: join(folder, 'otlp'),
      SHEAF_API_KEY_FILE: '/elsewhere/key',
    };
    assert.deepEqual(
      withheldFiles(mesh, [], env),
      ['.sheaf', 'otlp', 'redis'].map((path) => join(folder, path)),
    );
  });
});
