/** What a server behind is sent beside a request: metadata, a token, an authority, and headers of the caller's. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { type StockServer, startStockServer } from '../support/stock-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** What the server was sent with the last call of a method. */
const seen = new Map<string, { readonly metadata: Record<string, unknown>; readonly host: string }>();
const secret = 'abc.def-secret';

let server: StockServer;
let mesh: TestMesh;
let caller: Caller;
let operator: string;

before(async () => {
  server = await startStockServer({
    metadata: {
      versions: ['1'],
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    },
    onCall: (method, call) => seen.set(method, { metadata: call.metadata.getMap(), host: call.getHost() }),
  });
  const sent = [
    'metadata: { x-site: a }',
    'token: { file: ./secrets/token }',
    'authority: triton.example:8001',
    'forward: [x-user, baggage]',
  ];
  mesh = await startTestMesh(
    {
      'models/double': sampleModels.scale(2),
      'secrets/token': `${secret}\n`,
      'mesh.yaml': `services: { far: { models: [far], endpoint: 'localhost:${server.port}', ${sent.join(', ')} } }\n`,
      'policies.yaml': 'identity: { anonymous: { tenant: everyone } }\n',
      'pipelines/through.yaml': [
        'pipeline: through',
        'inputs: { x: { datatype: FP32, shape: [-1, 2] } }',
        'stages: { theirs: { model: far, inputs: { x: x } } }',
        'outputs: { y: theirs.y }',
        '',
      ].join('\n'),
    },
    async (folder) => {
      ({ operator } = await addKeys(folder, { operator: { tenant: 'operations', roles: ['admin'] } }));
    },
  );
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const ofInfer = () => seen.get('ModelInfer') ?? { metadata: {}, host: '' };

describe('a server behind', () => {
  it('is sent what mesh.yaml says with calls and questions, alone and as a stage', async () => {
    for (const name of ['far', 'through']) {
      seen.delete('ModelInfer');
      assert.equal((await caller.infer(name)).code, 'OK');
      const { metadata, host } = ofInfer();
      assert.equal(metadata['x-site'], 'a');
      assert.equal(metadata['authorization'], `Bearer ${secret}`);
      assert.equal(host, 'triton.example:8001');
    }
    for (const method of ['ServerReady', 'ModelMetadata'])
      assert.equal(seen.get(method)?.metadata['authorization'], `Bearer ${secret}`, method);
  });

  it('is sent the headers of the caller that are named, and no other', async () => {
    const given = { 'x-user': 'alice', baggage: 'a=b', 'x-other': 'no', cookie: 'session=1', 'x-site': 'theirs' };
    assert.equal((await caller.infer('through', given)).code, 'OK');
    const { metadata } = ofInfer();
    const handed = Object.keys(given).map((key) => metadata[key]);
    assert.deepEqual(handed, ['alice', 'a=b', undefined, undefined, 'a']);
  });

  it('is sent another token as soon as another one stands in the file', async () => {
    await writeFile(join(mesh.mesh.folder, 'secrets/token'), 'newer');
    await waitFor(async () => {
      assert.equal((await caller.infer('far')).code, 'OK');
      return ofInfer().metadata['authorization'] === 'Bearer newer';
    });
  });

  it('is sent a token from the environment in which the mesh was started', async (t) => {
    process.env['TEST_FAR_TOKEN'] = 'from-the-environment';
    t.after(() => delete process.env['TEST_FAR_TOKEN']);
    const place = `endpoint: 'localhost:${server.port}', token: { env: TEST_FAR_TOKEN }`;
    await using mesh = await startTestMesh({ 'mesh.yaml': `services: { far: { models: [far], ${place} } }\n` });
    using caller = new Caller(mesh.running.gateway.port);
    assert.equal((await caller.infer('far')).code, 'OK');
    assert.equal(ofInfer().metadata['authorization'], 'Bearer from-the-environment');
  });

  it('is not ready while its token is not there, and all else is served', async () => {
    const files = {
      'models/double': sampleModels.scale(2),
      'mesh.yaml': `services: { far: { models: [far], endpoint: 'localhost:${server.port}', token: { file: ./token } } }\n`,
    };
    await using mesh = await startTestMesh(files, undefined, false);
    using caller = new Caller(mesh.running.gateway.port);
    assert.equal((await caller.infer('double')).code, 'OK');
    assert.notEqual((await caller.infer('far')).code, 'OK');
    await writeFile(join(mesh.mesh.folder, 'token'), 'late');
    await waitFor(async () => (await caller.infer('far')).code === 'OK');
    assert.equal(ofInfer().metadata['authorization'], 'Bearer late');
  });

  it('has a token that no configuration and no line of the log shows', async () => {
    const told = await caller.call('/sheaf.admin.v1.Admin/GetConfiguration', {}, { 'x-api-key': operator });
    const text = JSON.stringify(told);
    assert.match(text, /secrets\/token/);
    for (const shown of [text, mesh.events.join('\n')]) assert.doesNotMatch(shown, /abc\.def-secret|newer/);
  });
});

describe('sheaf check', () => {
  const check = async (service: string): Promise<string> => {
    const folder = await writeFolder({
      'mesh.yaml': `services: { far: { models: [far], endpoint: 'far:1', ${service} } }\n`,
      secret: 'x',
    });
    return (await readMesh(folder)).problems.map(({ message }) => message).join('\n');
  };
  const mistakes: readonly [string, string][] = [
    [
      'metadata: { authorization: Bearer x }',
      'a secret does not belong into mesh.yaml; want it as `token`, from the environment or a file',
    ],
    ['metadata: { X-Tenant: a }', 'want a key of metadata in lower case, such as x-tenant, got "X-Tenant"'],
    ['metadata: { grpc-timeout: 1S }', '"grpc-timeout" is what the gateway or gRPC itself says'],
    ['metadata: { x-n: 1 }', 'want a text of printable ASCII, at most 1024 characters'],
    ['token: abc', 'want { env: <variable> } or { file: <path> }; the secret itself does not belong into mesh.yaml'],
    ['token: {}', 'want either env or file, the place where the token is'],
    ['authority: "a b"', 'want a host, with a port or without, such as triton.example:8001, got "a b"'],
    ['forward: [tracestate]', '"tracestate" goes with each call by itself, as its caller gave it'],
    ['forward: [traceparent]', '"traceparent" goes with each call by itself, of the span that asks'],
    [
      'forward: [x-gateway-inference-fairness-id]',
      '"x-gateway-inference-fairness-id" is what the gateway or gRPC itself says',
    ],
    ['forward: [x-a-bin]', '"x-a-bin" is binary; want a key of text'],
    ['forward: [authorization], token: { file: ./secret }', '"authorization" is what metadata or token says already'],
  ];
  for (const [service, expected] of mistakes)
    it(`finds ${service}`, async () => assert.equal(await check(service), expected));

  for (const [service, expected] of [
    [
      'token: { env: SHEAF_NO_SUCH }',
      'the environment has no SHEAF_NO_SUCH; set it to the token where the mesh is started; far is not ready without it',
    ],
    ['token: { file: ./nothing }', 'there is no file "./nothing" that can be read; far is not ready until it is there'],
  ] as const)
    it(`notes ${service}, which need not be where it is checked`, async () => {
      const folder = await writeFolder({
        'mesh.yaml': `services: { far: { models: [far], endpoint: 'far:1', ${service} } }\n`,
      });
      const { problems, notes } = await readMesh(folder);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        notes.map(({ message }) => message),
        [expected],
      );
    });

  it('takes what is right, also a credential of the caller that is named', async () => {
    for (const service of [
      'forward: [authorization, x-user]',
      'token: { file: ./secret, header: x-api-key }',
      'token: { env: PATH }',
    ])
      assert.equal(await check(service), '');
  });

  it('finds it at a service of ours', async () => {
    const folder = await writeFolder({
      'models/m': sampleModels.scale(2),
      'mesh.yaml': 'services: { s: { models: [m], authority: a } }\n',
    });
    const [problem] = (await readMesh(folder)).problems;
    assert.equal(problem?.message, 'want it where there is an endpoint: it is for servers that are not ours');
  });
});
