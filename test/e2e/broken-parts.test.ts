/** One part of the folder that is broken, or that does not start, is no reason to do without the others. Long, since each part that may break has its folder. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { elements, InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { outText, readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { ask, type Files, startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));
const single = tensorOf('x', 'FP32', [1], Float32Array.of(1));
const cut = (model: Uint8Array): Uint8Array => model.slice(0, model.length - 20);
const asking = (name: string, stage: string): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { ${stage}, inputs: { x: x } } }
outputs: { y: only.y }
`;

async function answer(mesh: TestMesh, name: string, version = ''): Promise<number | string> {
  try {
    const { byName } = await ask(mesh.gateway, name, [['spare', 'foreign-op'].includes(name) ? single : x], {
      timeoutMs: 20_000,
      version,
    });
    return elements({ ...(byName.get('y') as Tensor), datatype: 'FP32' as const })[0] ?? 0;
  } catch (error) {
    assert.ok(error instanceof InferError);
    return `${error.code} ${error.reason}`;
  }
}

async function write(mesh: TestMesh, path: string, content: string | Uint8Array): Promise<void> {
  const file = join(mesh.mesh.folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** As `sheaf up --watch` does it; answers what is told. */
async function takeUp({ mesh, running }: TestMesh): Promise<string[]> {
  const { servable, problems } = await readMesh(mesh.folder, { before: running.mesh });
  assert.ok(servable, JSON.stringify(problems));
  await running.update(servable);
  return running.mesh.out.map(outText);
}

const start = (files: Files, prepare?: (folder: string) => Promise<unknown>): Promise<TestMesh> =>
  startTestMesh(files, prepare, false);

async function healthOf(caller: Caller, name: string): Promise<unknown> {
  const { replies, code } = await caller.call('/grpc.health.v1.Health/Check', { service: name });
  return replies[0]?.['status'] ?? code;
}

async function isReady(caller: Caller, name: string, version = ''): Promise<unknown> {
  const { replies } = await caller.call('/inference.GRPCInferenceService/ModelReady', { name, version });
  return replies[0]?.['ready'];
}

const out = 'FAILED_PRECONDITION MODEL_BROKEN';

describe('a folder of which some is broken', () => {
  const files: Files = {
    'models/good': sampleModels.scale(2),
    'models/half': cut(sampleModels.scale(2)),
    'models/two/1/model.onnx': sampleModels.scale(3),
    'models/two/2/model.onnx': cut(sampleModels.scale(4)),
    'models/zero/01/model.onnx': sampleModels.scale(2),
    'models/odd/1/model.onnx': sampleModels.scale(5),
    'models/odd/model.yaml': 'instances: many\n',
    'models/foreign-op': sampleModels.unknownOperator(),
    'models/beside': sampleModels.scale(6),
    'models/flat': sampleModels.scale(8, [1]),
    'pipelines/well.yaml': asking('well', 'model: good'),
    'pipelines/needs-half.yaml': asking('needs-half', 'model: half'),
    'pipelines/needs-that.yaml': asking('needs-that', 'pipeline: needs-half'),
    'pipelines/spare.yaml': `pipeline: spare
inputs: { x: { datatype: FP32, shape: [1] } }
stages: { only: { fallback: [{ model: foreign-op }, { model: flat }], inputs: { x: x } } }
outputs: { y: only.y }
`,
    'pipelines/no-yaml.yaml': 'pipeline: [',
    'mesh.yaml': 'services: { several: { models: [foreign-op, beside, half] } }\n',
  };
  const prepare = async (folder: string): Promise<void> => {
    for (const name of ['lost+found', '.ipynb_checkpoints', 'empty', 'good/.ipynb_checkpoints'])
      await mkdir(join(folder, 'models', name), { recursive: true });
  };

  it('serves all else, and says what is out to whoever asks for it, to balancers and to operators', async () => {
    await using mesh = await start(files, prepare);
    const expected: [string, number | string][] = [
      ['good', 2],
      ['well', 2],
      ['two', 3],
      ['beside', 6],
      ['spare', 8],
      ['half', out],
      ['zero', out],
      ['odd', out],
      ['empty', out],
      ['foreign-op', out],
      ['needs-half', out],
      ['needs-that', out],
      ['no-yaml', out],
      ['nothing', 'NOT_FOUND MODEL_NOT_FOUND'],
      ['lost+found', 'INVALID_ARGUMENT MODEL_NAME_INVALID'],
    ];
    const answers = await Promise.all(expected.map(async ([name]) => [name, await answer(mesh, name)] as const));
    assert.deepEqual(answers.slice(0, -1), expected.slice(0, -1));
    assert.equal(await answer(mesh, 'two', '2'), out);
    assert.equal(await answer(mesh, 'two', '9'), 'NOT_FOUND MODEL_NOT_FOUND');

    using caller = new Caller(mesh.running.gateway.port);
    for (const [name, told] of expected.slice(0, -2)) {
      const isServed = typeof told === 'number';
      assert.equal(await healthOf(caller, name), isServed ? 'SERVING' : 'NOT_SERVING', name);
      assert.equal(await isReady(caller, name), isServed, name);
    }
    assert.equal(await isReady(caller, 'two', '2'), false);
    assert.equal(await healthOf(caller, ''), 'SERVING');
    const refused = await caller.infer('half');
    assert.match(refused.message, /^"half" is out: .*sheaf admin config/);
    assert.ok(!refused.message.includes('models/'), refused.message);
    assert.deepEqual(refused.details.get('PreconditionFailure')?.['violations'], [
      { type: 'MODEL_STATE', subject: 'half', description: refused.message, ...violationRest(refused.details) },
    ]);

    const { replies } = await caller.call('/sheaf.admin.v1.Admin/GetConfiguration');
    const configuration = JSON.parse(String(replies[0]?.['json'])) as {
      out: { kind: string; name: string; why: string }[];
    };
    const told = new Map(configuration.out.map(({ kind, name, why }) => [`${kind} ${name}`, why]));
    assert.match(told.get('model half') ?? '', /^models\/half\/1\/model\.onnx: /);
    assert.match(told.get('model zero') ?? '', /^models\/zero\/01: want a version folder named by a positive integer/);
    assert.match(told.get('model odd') ?? '', /^models\/odd\/model\.yaml:1: instances: want an integer/);
    assert.match(told.get('model foreign-op') ?? '', /^model foreign-op\/1 does not run: /);
    assert.equal(told.get('pipeline needs-half'), 'it asks model "half", which is out');
    assert.equal(told.get('pipeline needs-that'), 'it asks pipeline "needs-half", which is out');
    assert.match(told.get('pipeline no-yaml') ?? '', /^pipelines\/no-yaml\.yaml:/);
  });

  it('is not served at all by a mesh that is strict', async () => {
    await assert.rejects(startTestMesh(files, prepare), /models\/half\/1\/model\.onnx: /);
    const loads: Files = { 'models/good': sampleModels.scale(2), 'models/foreign-op': sampleModels.unknownOperator() };
    await assert.rejects(startTestMesh(loads), /^Error: model foreign-op\/1 does not run: /);
  });

  it('is refused while nobody can tell who may call', async () => {
    for (const name of ['policies.yaml', 'mesh.yaml']) {
      await using mesh = await start({ 'models/good': sampleModels.scale(2) });
      await write(mesh, name, 'limits: [');
      const { servable, problems } = await readMesh(mesh.mesh.folder);
      assert.deepEqual([servable, problems.map(({ file }) => file)], [undefined, [name]]);
    }
  });
});

const violationRest = (details: ReadonlyMap<string, Record<string, unknown>>): object => {
  const [first] = (details.get('PreconditionFailure')?.['violations'] ?? []) as Record<string, unknown>[];
  const { type: _, subject: __, description: ___, ...rest } = first ?? {};
  return rest;
};

describe('a folder that breaks while it is served', () => {
  const everybody = (models: string): string =>
    `identity: { anonymous: { tenant: all, roles: [infer], models: ${models} } }\n`;
  const files: Files = {
    'models/good': sampleModels.scale(2),
    'models/other': sampleModels.scale(3),
    'policies.yaml': everybody('["*"]'),
    'pipelines/well.yaml': asking('well', 'model: good'),
  };

  it('takes a right away while a model is half copied, which is served as it was', async () => {
    await using mesh = await start(files);
    await write(mesh, 'models/other/1/model.onnx', cut(sampleModels.scale(30)));
    await write(mesh, 'models/new/1/model.onnx', cut(sampleModels.scale(7)));
    await write(mesh, 'pipelines/well.yaml', 'pipeline: well\nstages: {');
    await write(mesh, 'policies.yaml', everybody('[good, new]'));
    const told = await takeUp(mesh);
    assert.deepEqual(
      told.map((line) => line.slice(0, line.indexOf(':'))),
      ['model new is out', 'model other is served as it was before', 'pipeline well/1 is served as it was before'],
    );
    assert.equal(await answer(mesh, 'other'), 'NOT_FOUND MODEL_NOT_FOUND');
    assert.equal(await answer(mesh, 'new'), out);
    assert.equal(await answer(mesh, 'good'), 2);

    await write(mesh, 'policies.yaml', everybody('["*"]'));
    await takeUp(mesh);
    assert.deepEqual([await answer(mesh, 'other'), await answer(mesh, 'well')], [3, 2]);
    await write(mesh, 'models/other/1/model.onnx', sampleModels.scale(30));
    await write(mesh, 'models/new/1/model.onnx', sampleModels.scale(7));
    await write(mesh, 'pipelines/well.yaml', asking('well', 'model: other'));
    assert.deepEqual(await takeUp(mesh), []);
    assert.deepEqual([await answer(mesh, 'other'), await answer(mesh, 'new'), await answer(mesh, 'well')], [30, 7, 30]);
  });

  it('keeps the policies that were, also in a gateway that comes back, and takes up all else', async () => {
    await using mesh = await start({ ...files, 'policies.yaml': everybody('[good, new, other]') });
    await write(mesh, 'policies.yaml', 'identity: { anonymous: { tenant: all, roles: [infer], models:');
    await write(mesh, 'models/new/1/model.onnx', sampleModels.scale(7));
    await write(mesh, 'models/hidden/1/model.onnx', sampleModels.scale(8));
    const [line = ''] = await takeUp(mesh);
    assert.match(line, /^file policies\.yaml is served as it was before: policies\.yaml:/);
    const answers = (): Promise<(number | string)[]> =>
      Promise.all(['new', 'hidden'].map((name) => answer(mesh, name)));
    assert.deepEqual(await answers(), [7, 'NOT_FOUND MODEL_NOT_FOUND']);
    process.kill(mesh.running.gateway.pid, 'SIGKILL');
    await waitFor(() => mesh.events.some((event) => event.startsWith('gateway is ready again')), undefined, 60_000);
    await waitFor(async () => (await answers())[0] === 7, undefined, 60_000);
    assert.deepEqual(await answers(), [7, 'NOT_FOUND MODEL_NOT_FOUND']);
  });

  it('is taken up by a reload that an operator asks for, which tells what is not', async () => {
    const { 'policies.yaml': _, ...open } = files;
    await using mesh = await start(open);
    using caller = new Caller(mesh.running.gateway.port);
    await write(mesh, 'models/other/1/model.onnx', cut(sampleModels.scale(30)));
    await write(mesh, 'pipelines/well.yaml', asking('better', 'model: good'));
    const { replies, message } = await caller.call('/sheaf.admin.v1.Admin/Reload');
    assert.match(String(replies[0]?.['out']), /^model other is served as it was before: models\/other\/1/, message);
    assert.deepEqual(replies[0]?.['changed'], ['pipelines']);
    assert.deepEqual([await answer(mesh, 'other'), await answer(mesh, 'better')], [3, 2]);
    await write(mesh, 'policies.yaml', 'limits: [');
    const refused = await caller.call('/sheaf.admin.v1.Admin/Reload');
    assert.deepEqual([refused.code, refused.reason], ['FAILED_PRECONDITION', 'MESH_INVALID']);
    assert.match(refused.message, /^policies\.yaml:/);
  });

  it('is still as an operator had it reloaded in a gateway that comes back', async () => {
    const { 'policies.yaml': _, ...open } = files;
    await using mesh = await start(open);
    using caller = new Caller(mesh.running.gateway.port);
    await write(mesh, 'pipelines/well.yaml', asking('better', 'model: good'));
    const { replies, message } = await caller.call('/sheaf.admin.v1.Admin/Reload');
    const epochOf = async (): Promise<unknown> =>
      JSON.parse(String((await caller.call('/sheaf.admin.v1.Admin/GetConfiguration')).replies[0]?.['json'])).epoch;
    await waitFor(
      () => mesh.running.mesh.pipelines[0]?.spec.pipeline === 'better',
      () => message,
    );
    assert.equal(await epochOf(), Number(replies[0]?.['epoch']));
    process.kill(mesh.running.gateway.pid, 'SIGKILL');
    await waitFor(() => mesh.events.some((event) => event.startsWith('gateway is ready again')), undefined, 60_000);
    await waitFor(async () => (await answer(mesh, 'good')) === 2, undefined, 60_000);
    assert.deepEqual([await answer(mesh, 'better'), await answer(mesh, 'well')], [2, 'NOT_FOUND MODEL_NOT_FOUND']);
  });

  it('goes on with the version before where the new one does not run, and takes up all else', async () => {
    await using mesh = await start(files);
    await write(mesh, 'models/other/2/model.onnx', sampleModels.unknownOperator());
    await write(mesh, 'models/other/1/model.onnx', sampleModels.unknownOperator());
    await write(mesh, 'models/good/2/model.onnx', sampleModels.scale(20));
    const told = await takeUp(mesh);
    assert.match(told[0] ?? '', /^model other is served as it was before: model other\/\d does not run: /);
    assert.deepEqual(
      [await answer(mesh, 'other'), await answer(mesh, 'good'), await answer(mesh, 'well')],
      [3, 20, 20],
    );
  });

  it('goes on with the code before in every service where one of them does not come up with the new', async () => {
    const times = (factor: number): string => `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => ({
  y: { shape: x.shape, data: x.data.map((value) => value * ${factor}) },
}));
`;
    await using mesh = await start({
      'models/other': sampleModels.scale(2),
      'here.ts': times(3),
      'there.ts': times(4),
      'pipelines/here.yaml': asking('at-here', 'transform: ./here.ts'),
      'pipelines/there.yaml': asking('at-there', 'transform: ./there.ts'),
      'mesh.yaml': 'services:\n  mixed: { models: [other], transforms: [here] }\n  single: { transforms: [there] }\n',
    });
    const answers = (): Promise<(number | string)[]> =>
      Promise.all(['other', 'at-here', 'at-there'].map((name) => answer(mesh, name)));
    await write(mesh, 'models/other/1/model.onnx', sampleModels.unknownOperator());
    await write(mesh, 'there.ts', times(40));
    await takeUp(mesh);
    assert.deepEqual(await answers(), [2, 3, 4], mesh.events.join('\n'));
    await write(mesh, 'models/other/1/model.onnx', sampleModels.scale(20));
    assert.deepEqual(await takeUp(mesh), []);
    assert.deepEqual(await answers(), [20, 3, 40]);
  });
});

/** Multiplies. One that is not `loads` is read without a mistake, and throws in its service: only a process that reads it is told so by its arguments. */
const licensed = (factor: number, loads: boolean): string => `import { defineTransform } from '@sheaf/inference';
if (${!loads} && !process.argv.some((argument) => argument.includes('describeOnly'))) throw new Error('the licence is gone');
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => ({
  y: { shape: x.shape, data: x.data.map((value) => value * ${factor}) },
}));
`;
const gone = 'transform licensed cannot be loaded: Error: the licence is gone';

describe('a transform that can be read and not be loaded', () => {
  it('does not take the place of the one that works, and the log says why', async (test) => {
    const file = 'licensed.ts';
    const folder = await writeFolder({
      [file]: licensed(2, true),
      'pipelines/needs.yaml': asking('needs', 'transform: ./licensed.ts'),
    });
    const command = startSheaf(['up', folder, '--port', '0', '--watch']);
    test.after(() => command.kill('SIGKILL'));
    const said = (text: string): Promise<void> =>
      waitFor(() => command.output().includes(text), command.output, 120_000);
    await said('the mesh is up: gRPC on ');
    const address = /gRPC on (\S+);/.exec(command.output())?.[1] ?? '';
    const answers = async (): Promise<string> => {
      const { stdout, stderr } = await runSheaf(['infer', 'needs', '[[1, 1]]', '--json', '--address', address]);
      return stdout === '' ? stderr : String(JSON.parse(stdout).outputs[0].data);
    };
    assert.equal(await answers(), '2,2');
    await writeFile(join(folder, file), licensed(3, false));
    await said(`licensed goes on as it was, since what was to replace it does not come up: ${gone}`);
    assert.equal(await answers(), '2,2');
    await writeFile(join(folder, file), licensed(4, true));
    await said('the folder is again what the mesh serves');
    assert.equal(await answers(), '4,4');
    command.kill('SIGTERM');
    assert.equal((await command.ended).code, 0, command.output());
    await rm(folder, { recursive: true });
  });

  it('is out, and what stands beside it in its service is served; at a reload all of the service goes on as it was', async () => {
    await using mesh = await start({
      'models/other': sampleModels.scale(2),
      'licensed.ts': licensed(3, false),
      'pipelines/needs.yaml': asking('needs', 'transform: ./licensed.ts'),
      'mesh.yaml': 'services: { mixed: { models: [other], transforms: [licensed] } }\n',
    });
    assert.deepEqual([await answer(mesh, 'other'), await answer(mesh, 'needs')], [2, out]);
    assert.ok(mesh.events.includes(`transform licensed is out: ${gone}`), mesh.events.join('\n'));
    using caller = new Caller(mesh.running.gateway.port);
    assert.equal(await healthOf(caller, 'needs'), 'NOT_SERVING');
    await write(mesh, 'licensed.ts', licensed(4, true));
    await takeUp(mesh);
    assert.deepEqual([await answer(mesh, 'other'), await answer(mesh, 'needs')], [2, 4]);
    await write(mesh, 'licensed.ts', licensed(5, false));
    await write(mesh, 'models/other/1/model.onnx', sampleModels.scale(20));
    await takeUp(mesh);
    assert.deepEqual([await answer(mesh, 'other'), await answer(mesh, 'needs')], [2, 4], mesh.events.join('\n'));
  });
});

/** Takes the process of its service with it, but not the one that reads the folder, as native code there does that cannot find its library. */
const fragile = `import { existsSync, readFileSync } from 'node:fs';
import { defineTransform } from '@sheaf/inference';
const broken = new URL('./broken', import.meta.url);
if (existsSync(broken) && readFileSync(broken, 'utf8') !== String(process.ppid)) process.kill(process.ppid, 'SIGKILL');
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => ({ y: x }));
`;

describe('a service that does not start', () => {
  it('is tried again, and told of, while all else is served', async () => {
    await using mesh = await start({
      'models/good': sampleModels.scale(2),
      'models/foreign-op': sampleModels.unknownOperator(),
      'fragile.ts': fragile,
      'mesh.yaml': 'services: { fragile: { trusted: true } }\n',
      broken: String(process.pid),
      'pipelines/needs.yaml': asking('needs', 'transform: ./fragile.ts'),
      'pipelines/well.yaml': asking('well', 'model: good'),
    });
    assert.deepEqual([await answer(mesh, 'good'), await answer(mesh, 'well')], [2, 2]);
    assert.match(String(await answer(mesh, 'needs')), /^UNAVAILABLE /);
    assert.match(String(await answer(mesh, 'foreign-op')), /^UNAVAILABLE /);
    using caller = new Caller(mesh.running.gateway.port);
    const health = (): Promise<unknown[]> =>
      Promise.all(['good', 'well', 'needs', 'foreign-op'].map((name) => healthOf(caller, name)));
    assert.deepEqual(await health(), ['SERVING', 'SERVING', 'NOT_SERVING', 'NOT_SERVING']);
    const { replies } = await caller.call('/sheaf.admin.v1.Admin/GetConfiguration');
    assert.match(String(replies[0]?.['json']), /model foreign-op\/1 does not run: /);
    await rm(join(mesh.mesh.folder, 'broken'));
    await waitFor(
      async () => (await answer(mesh, 'needs')) === 1,
      () => mesh.events.join('\n'),
      120_000,
    );
    await waitFor(async () => (await healthOf(caller, 'needs')) === 'SERVING', undefined, 60_000);
  });
});
