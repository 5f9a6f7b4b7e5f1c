/** A mesh whose gateway speaks TLS, and whose services show one another their certificates. Long, since one mesh with all its certificates is started for most of it. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { defaultLimits, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { createRemote, type RemoteTls } from '@sheaf/transport';
import { type Authority, createAuthority, createSelfSigned, type Issued } from '../support/certificates.ts';
import { sendGarbage, shakeHands } from '../support/handshake.ts';
import { ask, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';

const meshYaml = `gateway: { tls: { certificate: tls/gateway.crt, key: tls/gateway.key, clientCa: tls/callers.crt } }
tls: { ca: tls/ca.crt, certificate: tls/mesh.crt, key: tls/mesh.key }
services:
  alone: { models: [alone], transport: unary }
`;
const asking = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['double'] }, async ({ x }, context) => {
  const { y } = await context.infer('double', { x: { datatype: 'FP32', shape: x.shape, data: x.data } });
  return { y } as never;
});
`;
const pipeline = `pipeline: all
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  asked: { transform: ./asking.ts, inputs: { x: x } }
  last: { model: alone, inputs: { x: asked.y } }
outputs: { y: last.y }
`;
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

let ca: Authority;
/** Signs callers of the gateway. */
let callers: Authority;
let gateway: Issued;
let own: Issued;
let folder: string;
let mesh: RunningCommand;
let startedAt: number;
const file = (name: string): string => join(folder, 'tls', name);
const trusting = (): RemoteTls => ({ ca: file('ca.crt') });
const showing = (name: string): RemoteTls => ({
  ...trusting(),
  certificate: file(`${name}.crt`),
  key: file(`${name}.key`),
});

/** Port and pid of a process of the mesh. */
function processOf(name: string): { readonly port: number; readonly pid: number } {
  const [, pid, port] = new RegExp(`^${name} is ready, pid (\\d+), port (\\d+)`, 'm').exec(mesh.output()) ?? [];
  return { port: Number(port), pid: Number(pid) };
}

async function askOnce(port: number, tls: RemoteTls | undefined, model = 'all'): Promise<string> {
  const remote = createRemote(`127.0.0.1:${port}`, { service: 'test', limits: defaultLimits, tls });
  try {
    return (await ask(remote, model, [x])).model;
  } finally {
    remote.close();
  }
}

async function write(name: string, { certificate, key }: Issued): Promise<void> {
  await writeFile(file(`${name}.crt`), certificate);
  await writeFile(file(`${name}.key`), key);
}

async function code(port: number, options: ConnectionOptions): Promise<string | undefined> {
  const shaken = await shakeHands(port, { ca: ca.certificate, ...options });
  shaken.socket.destroy();
  return shaken.code;
}
const refusal = (port: number, tls: RemoteTls | undefined): Promise<string | undefined> =>
  askOnce(port, tls, 'double').then(
    () => undefined,
    (error: { code: string }) => {
      assert.equal(error.code, 'UNAVAILABLE');
      return error.code;
    },
  );
async function stock(port: number): Promise<string | undefined> {
  using client = new StockClient(port);
  const answer = await client.call('ServerLive', {});
  return answer.code === 'OK' ? undefined : answer.code;
}
before(async () => {
  ca = await createAuthority();
  callers = await createAuthority('Callers CA');
  [gateway, own] = [await ca.issue(), await ca.issue()];
  folder = await writeFolder({
    'models/double': sampleModels.scale(2),
    'models/alone': sampleModels.scale(3),
    'pipelines/all.yaml': pipeline,
    'asking.ts': asking,
    'mesh.yaml': meshYaml,
    'tls/ca.crt': ca.certificate,
    'tls/callers.crt': callers.certificate,
    'tls/other.crt': (await createAuthority('Other CA')).certificate,
    'tls/gateway.crt': gateway.certificate,
    'tls/gateway.key': gateway.key,
    'tls/mesh.crt': own.certificate,
    'tls/mesh.key': own.key,
  });
  await write('expired', await callers.issue({ validMs: -1_000 }));
  await write('self', await createSelfSigned());
  await write('client', await callers.issue({ commonName: 'client', names: ['client.example'] }));
  startedAt = performance.now();
  mesh = startSheaf(['up', folder, '--port', '0']);
  await waitFor(() => mesh.output().includes('gRPC over TLS on 127.0.0.1:'), mesh.output, 60_000);
});
after(async () => {
  mesh.kill('SIGINT');
  const { code } = await mesh.ended;
  assert.equal(code, 0, mesh.output());
  await rm(folder, { recursive: true });
});

describe('a mesh with TLS', () => {
  it('answers through its gateway, its transforms that infer, and both transports inside', async () => {
    assert.equal(await askOnce(processOf('gateway').port, trusting()), 'all');
    assert.equal(await askOnce(processOf('gateway').port, showing('client')), 'all');
  });

  it('is asked by the command', async () => {
    const { port } = processOf('gateway');
    const args = ['infer', 'all', '[[1, 2]]', '--address', `127.0.0.1:${port}`];
    const asked = await runSheaf([...args, '--tls', '--ca', file('ca.crt')]);
    assert.deepEqual([asked.code, asked.stderr], [0, '']);
    assert.match(asked.stdout, /6.*12/s);
    const known = await runSheaf(
      [...args, '--tls', '--ca', file('ca.crt'), '--cert', file('client.crt'), '--cert-key', file('client.key')].map(
        String,
      ),
    );
    assert.equal(known.code, 0, known.stderr);
    const explained = await runSheaf(['explain', ...args.slice(1), '--tls', '--ca', file('ca.crt')]);
    assert.equal(explained.code, 0, explained.stderr);
  });

  const mistakes: [string, string[], RegExp][] = [
    [
      'without --tls',
      [],
      /^service 127\.0\.0\.1:\d+ cannot be reached; is the mesh up\?.*--tls where it speaks TLS\)\n$/,
    ],
    [
      'without the CA',
      ['--tls'],
      /the TLS handshake failed: UNABLE_TO_VERIFY_LEAF_SIGNATURE\nservice .* cannot be reached; its .* nobody known here \(--ca <file>: .*\)\n$/,
    ],
    [
      'with another CA',
      ['--tls', '--ca', 'other.crt'],
      /cannot be reached; its certificate is not signed by the authority that was given \(--ca\)\n$/,
    ],
    [
      'with a client certificate of another CA',
      ['--tls', '--ca', 'ca.crt', '--cert', 'self.crt', '--cert-key', 'self.key'],
      /cannot be reached; .*the server .*take this client certificate\W+\(--cert and --cert-key: /,
    ],
    ['with no CA file', ['--tls', '--ca', '/nowhere/ca.crt'], /^ca\.crt cannot be read \(ENOENT\)\n$/],
    ['with a CA and no --tls', ['--ca', 'ca.crt'], /^--ca, --cert and --cert-key want --tls with them\n$/],
    ['with a certificate and no key', ['--tls', '--cert', 'a.crt'], /^--cert and --cert-key go together\n$/],
  ];
  for (const [name, options, line] of mistakes) {
    it(`tells the mistake of a command ${name}`, async () => {
      const { port } = processOf('gateway');
      const args = ['infer', 'all', '[[1, 2]]', '--address', `127.0.0.1:${port}`, ...options];
      const { code, stderr } = await runSheaf(args, join(folder, 'tls'));
      assert.equal(code, 2);
      assert.match(stderr, line);
      assert.ok(!/\n\s+at /.test(stderr), stderr);
    });
  }

  it('answers a foreign gateway that trusts it, and says by name what that one is missing otherwise', async () => {
    const files = (tls: string) => ({
      'mesh.yaml': `services: { far: { models: [double], endpoint: 'localhost:${processOf('gateway').port}', tls: ${tls} } }\n`,
      'tls/ca.crt': ca.certificate,
    });
    await using near = await startTestMesh(files('{ ca: tls/ca.crt }'));
    assert.equal((await ask(near.gateway, 'double', [x])).model, 'double');
    const other = { ca: file('ca.crt'), certificate: file('mesh.crt'), key: file('mesh.key') };
    await assert.rejects(
      near.running.update({ ...near.mesh, tls: other }),
      /mesh\.yaml: tls: .* start the mesh again$/,
    );
    await assert.rejects(startTestMesh(files('true')), /service far cannot be reached/);
  });

  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const shakes: [string, (port: number) => Promise<string | undefined>][] = [
    ['TLS 1.1', (port) => code(port, old)],
    ['a name that is not its own', (port) => code(port, { servername: 'unknown.example', rejectUnauthorized: false })],
    ['a client that trusts another CA', (port) => refusal(port, { ca: file('other.crt') })],
    ['a client that wants another name', (port) => refusal(port, { ...trusting(), serverName: 'other.example' })],
    ['a client that has expired', (port) => refusal(port, showing('expired'))],
    ['a self-signed client', (port) => refusal(port, showing('self'))],
    ['plain text', (port) => refusal(port, undefined)],
    ['a stock client in plain text', stock],
    ['garbage', sendGarbage],
  ];

  it('refuses what it should at every server, tells it once each, and answers the next good call', async () => {
    const pids = ['gateway', 'double', 'alone', 'asking'].map((name) => processOf(name).pid);
    for (const name of ['gateway', 'double', 'alone', 'asking']) {
      const { port } = processOf(name);
      for (const [what, shake] of shakes) {
        assert.ok(await shake(port), `${name} let in ${what}`);
      }
      assert.equal(await askOnce(processOf('gateway').port, trusting()), 'all');
    }
    const told = mesh
      .output()
      .split('\n')
      .filter((line) => line.includes('TLS handshake'));
    const minutes = Math.ceil((performance.now() - startedAt) / 60_000);
    assert.ok(told.length >= 4 && told.length <= 4 * minutes, told.join('\n'));
    for (const line of told) assert.match(line, /^[a-z]+: a TLS handshake with 127\.0\.0\.1 failed: [A-Z0-9_]+$/);
    assert.ok(!mesh.output().includes('    at '), mesh.output());
    for (const pid of pids) process.kill(pid, 0);
    assert.ok(!mesh.output().includes('starts again'), mesh.output());
  });

  it('does not start where its services could not be asked', async () => {
    const { certificate, key } = await ca.issue({ names: ['mesh.example'] });
    const wrong = { 'tls/ca.crt': ca.certificate, 'tls/mesh.crt': certificate, 'tls/mesh.key': key };
    const line = 'tls: { ca: tls/ca.crt, certificate: tls/mesh.crt, key: tls/mesh.key }\n';
    const started = startTestMesh({ 'models/double': sampleModels.scale(2), 'mesh.yaml': line, ...wrong });
    await assert.rejects(started, /^Error: mesh\.yaml: tls\.certificate: it has to name 127\.0\.0\.1, /);
  });

  it('lets nobody ask a service who has no certificate of the mesh', async () => {
    const command = await readFile(`/proc/${processOf('gateway').pid}/cmdline`, 'utf8');
    const [, innerPort] = /--inner-port\0(\d+)/.exec(command) ?? [];
    const ports = [Number(innerPort), ...['double', 'alone', 'asking'].map((name) => processOf(name).port)];
    for (const port of ports) {
      for (const tls of [undefined, trusting(), showing('self'), showing('expired')])
        assert.equal(await refusal(port, tls), 'UNAVAILABLE', String(port));
    }
    assert.equal(await askOnce(Number(innerPort), showing('mesh')), 'all');
    assert.equal(await askOnce(processOf('double').port, showing('mesh'), 'double'), 'double');
  });

  it('takes up new certificates under load: no call fails, and new connections see them', async (test) => {
    const { port } = processOf('gateway');
    const serialOf = async (name: string): Promise<string | undefined> => {
      const shown = { ca: ca.certificate, cert: own.certificate, key: own.key };
      const { socket, serial } = await shakeHands(processOf(name).port, shown);
      socket.destroy();
      return serial;
    };
    const processes = ['gateway', 'double', 'alone', 'asking'];
    assert.deepEqual(await Promise.all(processes.map(serialOf)), [gateway.serial, own.serial, own.serial, own.serial]);
    let isOver = false;
    const counts = { answered: 0, connections: 0 };
    const steady = createRemote(`127.0.0.1:${port}`, { service: 'test', limits: defaultLimits, tls: trusting() });
    const loads = [
      ...Array.from({ length: 4 }, async () => {
        while (!isOver) {
          await ask(steady, 'all', [x]);
          counts.answered++;
        }
      }),
      (async () => {
        while (!isOver) {
          await askOnce(port, showing('client'));
          counts.connections++;
        }
      })(),
    ];
    for (let round = 0; round < 2; round++) {
      [gateway, own] = [await ca.issue(), await ca.issue()];
      await write('gateway', gateway);
      await write('mesh', own);
      const wanted = [gateway.serial, own.serial, own.serial, own.serial].join();
      await waitFor(async () => (await Promise.all(processes.map(serialOf))).join() === wanted);
    }
    isOver = true;
    await Promise.all(loads);
    steady.close();
    assert.ok(counts.answered > 100 && counts.connections > 10, JSON.stringify(counts));
    test.diagnostic(`${counts.answered} calls on one connection and ${counts.connections} on their own, none failed`);

    // Whoever connects anew inside shows the new one as well.
    process.kill(processOf('double').pid, 'SIGKILL');
    await waitFor(() => mesh.output().includes('double is ready again'), mesh.output);
    await waitFor(() => refusal(port, trusting()).then((failed) => failed === undefined));
  });

  it('keeps its certificates when the new ones are of no use, and says so once', async () => {
    const { port } = processOf('gateway');
    await writeFile(file('gateway.crt'), 'nothing of use');
    const line = 'TLS: gateway.crt holds no certificate in PEM; what they held before is used on';
    await waitFor(() => mesh.output().includes(line), mesh.output);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    assert.equal(await askOnce(port, trusting()), 'all');
    assert.equal(mesh.output().split(line).length, 2);
    const checked = await runSheaf(['check', folder]);
    assert.equal(checked.code, 2);
    assert.match(
      checked.stderr,
      /^mesh\.yaml:1: gateway\.tls\.certificate: "tls\/gateway\.crt" holds no certificate in PEM\n/,
    );
    await write('gateway', gateway);
  });
});

describe('a gateway whose clients have to show a certificate', () => {
  it('lets in whoever shows one of its authority, and nobody without or with another', async () => {
    const pem = (name: string): Promise<string> => readFile(file(name), 'utf8');
    const line =
      'gateway: { tls: { certificate: tls/gateway.crt, key: tls/gateway.key, clientCa: tls/callers.crt, certificates: required } }\n';
    await using closed = await startTestMesh({
      'models/double': sampleModels.scale(2),
      'mesh.yaml': line,
      'tls/gateway.crt': await pem('gateway.crt'),
      'tls/gateway.key': await pem('gateway.key'),
      'tls/callers.crt': callers.certificate,
    });
    const { port } = closed.running.gateway;
    assert.equal(await askOnce(port, showing('client'), 'double'), 'double');
    for (const tls of [undefined, trusting(), showing('self'), showing('expired')])
      assert.equal(await refusal(port, tls), 'UNAVAILABLE', JSON.stringify(tls));
    const asked = ['infer', 'double', '[[1, 2]]', '--address', `127.0.0.1:${port}`, '--tls', '--ca', file('ca.crt')];
    const { code, stderr } = await runSheaf(asked);
    assert.equal(code, 2);
    assert.match(stderr, /cannot be reached; /);
  });
});
