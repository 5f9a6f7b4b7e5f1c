/** Aliases of versions: what calls get by them, what is told of them, and that they are moved at once. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { elements, type InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { StockClient } from '../support/stock-client.ts';

const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));
const first = (tensor: Tensor | undefined): number =>
  elements({ ...(tensor as Tensor), datatype: 'FP32' as const })[0] ?? 0;

const twice = (name: string, version: number, stage: string): string => `pipeline: ${name}
version: ${version}
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  one: { ${stage}, inputs: { x: x } }
outputs: { y: one.y }
`;

/** Each version scales by its number times ten. */
const files: Files = {
  'models/scale/1/model.onnx': sampleModels.scale(10),
  'models/scale/2/model.onnx': sampleModels.scale(20),
  'models/scale/3/model.onnx': sampleModels.scale(30),
  'models/plain/1/model.onnx': sampleModels.scale(1),
  'models/plain/2/model.onnx': sampleModels.scale(2),
  'pipelines/follow.yaml': twice('follow', 1, 'model: scale'),
  'pipelines/try.yaml': twice('try', 1, 'model: scale, version: challenger'),
  'pipelines/outer-1.yaml': twice('outer', 1, 'pipeline: follow'),
  'pipelines/outer-2.yaml': twice('outer', 2, 'pipeline: try'),
  'mesh.yaml':
    'gateway: { replicas: 2 }\naliases: { scale: { champion: 2, challenger: 3 }, outer: { champion: 1, next: 2 } }\n',
};

describe('an alias of a version', () => {
  let mesh: TestMesh;
  before(async () => {
    mesh = await startTestMesh(files);
  });
  after(() => mesh[Symbol.asyncDispose]());
  const call = async (model: string, version = '') => {
    const answer = await ask(mesh.gateway, model, [x], { version });
    return [first(answer.byName.get('y')), answer.version] as const;
  };

  it('is what a call gets that says it, and the champion what one gets that says nothing; answers name the number', async () => {
    assert.deepEqual(await call('scale'), [20, '2']);
    assert.deepEqual(await call('scale', 'champion'), [20, '2']);
    assert.deepEqual(await call('scale', 'challenger'), [30, '3']);
    assert.deepEqual(await call('scale', '1'), [10, '1']);
    assert.deepEqual(await call('plain'), [2, '2'], 'the newest, where there is no champion');
  });

  it('is followed by stages, and pipelines have them too', async () => {
    assert.deepEqual(await call('follow'), [20, '1']);
    assert.deepEqual(await call('try'), [30, '1']);
    assert.deepEqual(await call('outer'), [20, '1'], 'the champion, and not the newest');
    assert.deepEqual(await call('outer', 'next'), [30, '2']);
    const { parameters } = await ask(mesh.gateway, 'outer', [x], { version: 'next' });
    assert.equal(parameters.get('sheaf_versions'), 'one=try/1, one.one=scale/3');
  });

  it('may stand in ModelReady and ModelMetadata, and one that is not there is told as a version that is not', async () => {
    using client = new StockClient(mesh.running.gateway.port);
    const ready = async (version: string) => (await client.call('ModelReady', { name: 'scale', version })).reply;
    assert.deepEqual([await ready('challenger'), await ready('shadow')], [{ ready: true }, { ready: false }]);
    const described = await mesh.gateway.describe('scale', 'challenger', 1_000);
    assert.deepEqual(described.versions, ['3', '2', '1']);
    await assert.rejects(call('scale', 'shadow'), (error: InferError) => {
      assert.equal(error.code, 'NOT_FOUND');
      assert.match(error.message, /"scale" has no version shadow; it has 3, 2, 1$/);
      return true;
    });
  });

  it('is moved in all gateways without another process, and is refused where something would not fit', async () => {
    const { running } = mesh;
    const pids = [...running.gateways, ...running.services].map(({ pid }) => pid);
    const { aliases } = running.mesh;
    const moved = new Map([
      ...aliases,
      [
        'scale',
        new Map([
          ['champion', '3'],
          ['challenger', '1'],
        ]),
      ],
    ]);
    assert.equal(await running.steer({ aliases: moved }), true);
    assert.deepEqual(
      [await call('scale'), await call('outer')],
      [
        [30, '3'],
        [30, '1'],
      ],
    );
    assert.equal(await running.steer({ aliases: moved }), false, 'nothing is different');
    const missing = new Map([...aliases, ['scale', new Map([['champion', '9']])]]);
    await assert.rejects(
      running.steer({ aliases: missing }),
      /aliases\.scale\.champion: version 9 is not served; 3, 2, 1 are/,
    );
    const lost = new Map([...aliases, ['scale', new Map([['champion', '2']])]]);
    await assert.rejects(running.steer({ aliases: lost }), /pipeline try would be out/);
    assert.deepEqual(await call('scale'), [30, '3'], 'all is as before');
    assert.equal(await running.steer({ aliases }), true);
    assert.deepEqual(await call('scale'), [20, '2']);
    assert.deepEqual(
      [...running.gateways, ...running.services].map(({ pid }) => pid),
      pids,
    );
  });

  it('is taken up from mesh.yaml, also without another process', async () => {
    const { running } = mesh;
    const pids = [...running.gateways, ...running.services].map(({ pid }) => pid);
    const file = join(mesh.mesh.folder, 'mesh.yaml');
    await writeFile(
      file,
      String(files['mesh.yaml']).replace('champion: 2, challenger: 3', 'champion: 1, challenger: 3'),
    );
    await running.reread();
    assert.deepEqual(
      [await call('scale'), await call('follow')],
      [
        [10, '1'],
        [10, '1'],
      ],
    );
    await writeFile(file, String(files['mesh.yaml']));
    await running.reread();
    assert.deepEqual(await call('scale'), [20, '2']);
    assert.deepEqual(
      [...running.gateways, ...running.services].map(({ pid }) => pid),
      pids,
    );
  });
});

describe('aliases in mesh.yaml', () => {
  const problemsOf = async (more: Files): Promise<string[]> => {
    const folder = await writeFolder({ ...files, ...more });
    const { problems } = await readMesh(folder);
    return problems.map(formatProblem);
  };
  const aliases = (text: string): Promise<string[]> => problemsOf({ 'mesh.yaml': `aliases: ${text}\n` });

  it('name what is there', async () => {
    const tried = 'try: { champion: 1 }, scale: { challenger: 1 }';
    assert.deepEqual(await aliases(`{ ${tried} }`), []);
    assert.deepEqual(await aliases(`{ ${tried}, nobody: { champion: 1 } }`), [
      'mesh.yaml:1: aliases.nobody: there is no model or pipeline "nobody" in the folder; there are plain, scale, follow, outer, try',
    ]);
    assert.deepEqual(
      await aliases('{ scale: { challenger: 7 } }').then((told) => told[0]),
      'mesh.yaml:1: aliases.scale.challenger: there is no version 7; there are 3, 2, 1',
    );
    assert.match(
      String(await aliases('{ scale: { 4: 1 } }')),
      /mesh\.yaml:1: aliases\.scale\.4: want an alias of small letters/,
    );
    assert.match(String(await aliases('{ scale: { Champion: 1 } }')), /want an alias of small letters/);
    assert.match(String(await aliases('{ scale: { champion: 0 } }')), /aliases\.scale\.champion: want/);
  });

  it('are what pipelines are checked against', async () => {
    const told = await problemsOf({
      'models/scale/4/model.onnx': sampleModels.scale(40, ['batch', 3]),
      'mesh.yaml': 'aliases: { scale: { champion: 2, challenger: 4 } }\n',
    });
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0] ?? '', /^pipelines\/try\.yaml:\d+: stages\.one/);
  });

  it('stay as they were where a pipeline that is served would not fit any more', async () => {
    const more = { 'models/scale/4/model.onnx': sampleModels.scale(40, ['batch', 3]) };
    const folder = await writeFolder({ ...files, ...more });
    const { mesh: served } = await readMesh(folder);
    assert.ok(served);
    await writeFile(join(folder, 'mesh.yaml'), 'aliases: { scale: { champion: 4, challenger: 3 } }\n');
    const { mesh, servable } = await readMesh(folder, { before: served });
    assert.equal(mesh, undefined);
    assert.deepEqual(servable?.aliases, served.aliases);
    assert.match(
      servable?.out.map(({ why }) => why).join() ?? '',
      /mesh\.yaml: aliases: with them a pipeline does not fit what it asks: .*follow\.yaml/,
    );
    assert.deepEqual(servable?.pipelines.length, served.pipelines.length);
  });
});
