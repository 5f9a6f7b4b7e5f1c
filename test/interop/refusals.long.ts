/** What the public server refuses, told with the types of google.rpc that everybody has; install.sh gets what this needs. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { cache, here, installed, make, proto, protoFile, python, run, skip } from './stock-tools.ts';

const policies = `limits:
  - { name: rate, rate: 1/h, burst: 1, models: [rated] }
  - { name: quota, quota: 1/day, models: [counted] }
  - { name: cost, rate: 1/h, burst: 5, cost: rows, models: [costly] }
  - { name: busy, concurrent: 1, models: [slow] }
`;
const checks = [
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND with ResourceInfo',
  'INVALID_ARGUMENT with BadRequest',
  'COST_EXCEEDS_LIMIT on the batch dimension',
  'RATE_LIMITED with RetryInfo and QuotaFailure',
  'QUOTA_EXHAUSTED with RetryInfo and QuotaFailure',
  'OVERLOADED with RetryInfo',
];

interface Client {
  readonly name: string;
  /** Makes it in the folder; answers how it is run. */
  readonly make: (folder: string) => Promise<readonly [string, ...string[]]>;
}

const clients: readonly Client[] = [
  {
    name: 'googleapis-common-protos and grpcio-status, Python',
    make: async (folder) => {
      const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
      await make(python, ['-m', 'grpc_tools.protoc', `-I${proto}`, ...out, protoFile]);
      return [python, join(here, 'python/refusals.py'), '<address>', folder, '<key>', '<narrow key>'];
    },
  },
  {
    name: 'errdetails of genproto, Go',
    make: async (folder) => {
      await cp(join(here, 'go'), folder, { recursive: true });
      const out = ['go', 'go-grpc'].flatMap((plugin) => [
        `--${plugin}_out=${folder}`,
        `--${plugin}_opt=module=sheaf.test/interop,M${protoFile}=sheaf.test/interop/inference`,
      ]);
      await make(python, ['-m', 'grpc_tools.protoc', `-I${proto}`, ...out, protoFile]);
      await make('go', ['build', '-o', 'refusals-client', './refusals'], folder);
      return [join(folder, 'refusals-client'), '<address>', '<key>', '<narrow key>'];
    },
  },
];

for (const client of clients) {
  describe(`the refusals of a public server, decoded by ${client.name}`, { skip }, () => {
    let mesh: TestMesh;
    let folder: string;
    let output = '';
    before(async () => {
      assert.ok(installed, 'test/interop/install.sh has to run first');
      folder = await mkdtemp(join(cache, 'refusals-'));
      const command = await client.make(folder);
      let keys = { wide: '', narrow: '' };
      const models = ['double', 'rated', 'counted', 'costly'].map((name) => [`models/${name}`, sampleModels.scale(2)]);
      const files = {
        ...Object.fromEntries(models),
        'models/slow': sampleModels.slowLoop(),
        'policies.yaml': policies,
      };
      mesh = await startTestMesh(files, async (meshFolder) => {
        keys = await addKeys(meshFolder, { wide: { tenant: 'acme' }, narrow: { tenant: 'acme', models: ['rated'] } });
      });
      const address = `127.0.0.1:${mesh.running.gateway.port}`;
      const given: Readonly<Record<string, string>> = {
        '<address>': address,
        '<key>': keys.wide,
        '<narrow key>': keys.narrow,
      };
      const [program, ...args] = command.map((word) => given[word] ?? word) as [string, ...string[]];
      ({ output } = await run(program, args));
    });
    after(async () => {
      await mesh?.[Symbol.asyncDispose]();
      if (folder) await rm(folder, { recursive: true });
    });
    for (const check of checks)
      it(check, () => assert.ok(output.split('\n').includes(`ok ${check}`), output || 'it printed nothing'));
    it('and nothing failed that is not in this list', () => {
      assert.equal(output.match(/^(ok|FAILED) /gm)?.length, checks.length, output);
    });
  });
}
