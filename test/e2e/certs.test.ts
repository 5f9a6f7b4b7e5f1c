/** The certificates that `sheaf certs` makes, in a mesh that uses them everywhere. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { parsePolicies } from '@sheaf/policies';
import { openState } from '@sheaf/store';
import { parse } from 'yaml';
import { writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const policies = `identity:
  certificates:
    - { subject: reader, tenant: acme, roles: [observe] }
`;

describe('sheaf certs', () => {
  let folder: string;
  let lines: string;
  let told: string;
  before(async () => {
    folder = await writeFolder({ 'models/double': sampleModels.scale(2), 'policies.yaml': policies });
    const { code, stdout, stderr } = await runSheaf(['certs', folder, '--client', 'reader', '--host', 'gateway.test']);
    assert.equal(code, 0, stderr);
    lines = stdout;
    told = stderr;
  });
  after(() => rm(folder, { recursive: true }));

  it('writes keys that nobody else reads, and nothing over what is there', async () => {
    const names = (await readdir(join(folder, 'certs'))).sort();
    const pairs = ['ca', 'client-ca', 'client', 'gateway', 'service'].flatMap((name) => [`${name}.crt`, `${name}.key`]);
    assert.deepEqual(names, ['.gitignore', ...pairs]);
    for (const name of names.filter((file) => file.endsWith('.key')))
      assert.equal((await stat(join(folder, 'certs', name))).mode & 0o777, 0o600);
    const before = await readFile(join(folder, 'certs/ca.crt'), 'utf8');
    const { code, stdout, stderr } = await runSheaf(['certs', folder]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /certs\/ca\.crt is there already; --force writes over it\n$/);
    assert.equal(await readFile(join(folder, 'certs/ca.crt'), 'utf8'), before);
  });

  it('tells the rule that lets the client in', () => {
    const [, rule = ''] = /in policies\.yaml, for the client:\n(.*)$/s.exec(told) ?? [];
    const { spec, problems } = parsePolicies(parse(rule));
    assert.deepEqual(problems, []);
    assert.deepEqual(spec?.identity.certificates, [
      { subject: 'reader', tenant: 'reader', roles: ['infer'], models: ['*'], priority: 'standard' },
    ]);
  });

  it('--write puts the lines into mesh.yaml, and makes nothing where it has others', async () => {
    const file = join(folder, 'mesh.yaml');
    await writeFile(file, '# ours\nlimits: { deadlineMaxMs: 60000 }\n');
    assert.equal((await runSheaf(['certs', folder, '--force', '--write', '--client', 'reader'])).code, 0);
    const written = await readFile(file, 'utf8');
    assert.match(written, /^# ours\nlimits: \{ deadlineMaxMs: 60000 \}\n/);
    assert.deepEqual(parse(written), { limits: { deadlineMaxMs: 60000 }, ...parse(lines) });
    const { code, stderr } = await runSheaf(['certs', folder, '--force', '--write']);
    assert.deepEqual([code, await readFile(file, 'utf8')], [2, written]);
    assert.match(stderr, /mesh\.yaml: want a mapping without tls and without gateway\.tls/);
    await rm(file);
  });

  it('--force makes others', async () => {
    const before = await readFile(join(folder, 'certs/ca.crt'), 'utf8');
    assert.equal((await runSheaf(['certs', folder, '--force', '--client', 'reader'])).code, 0);
    assert.notEqual(await readFile(join(folder, 'certs/ca.crt'), 'utf8'), before);
    assert.equal((await stat(join(folder, 'certs/gateway.key'))).mode & 0o777, 0o600);
  });

  it('makes what the mesh needs for TLS at the gateway and inside; a change that the supervisor takes up is recorded', async () => {
    await writeFile(join(folder, 'mesh.yaml'), lines);
    const mesh = startSheaf(['up', folder, '--port', '0', '--watch']);
    const line = /the mesh is up: gRPC over TLS on (\S+);/;
    await waitFor(() => line.test(mesh.output()), mesh.output);
    const file = (name: string): string => join(folder, 'certs', name);
    const ca = ['--address', line.exec(mesh.output())?.[1] ?? '', '--tls', '--ca', file('ca.crt')];
    const shown = [...ca, '--cert', file('client.crt'), '--cert-key', file('client.key')];
    const { code, stdout, stderr } = await runSheaf(['admin', 'config', ...shown, '--json']);
    assert.equal(code, 0, stderr);
    const { gateway, services } = JSON.parse(stdout);
    assert.equal(gateway.tls.key, 'certs/gateway.key');
    assert.deepEqual([services[0].ready, services[0].tls.certificate], [true, 'certs/service.crt']);
    assert.match((await runSheaf(['admin', 'config', ...ca])).stderr, /\(--key, or SHEAF_API_KEY/);

    const { length } = mesh.output();
    await writeFile(join(folder, 'policies.yaml'), policies.replace('reader', 'writer'));
    await waitFor(() => mesh.output().slice(length).includes('the change is taken up'), mesh.output);
    const { stderr: refusal } = await runSheaf(['admin', 'config', ...shown]);
    assert.equal(
      refusal,
      'the client certificate is of nobody known here (identity.certificates of policies.yaml says which ones count)\n',
    );
    mesh.kill('SIGINT');
    assert.equal((await mesh.ended).code, 0);
    const state = await openState(folder);
    const entries = await state.audit.entries(0, 10);
    await state.close();
    assert.deepEqual(
      entries.map(({ actor, action, subject }) => [actor, action, subject]),
      [['supervisor', 'reload', 'policies']],
    );
  });
});
