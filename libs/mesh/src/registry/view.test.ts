import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { outText } from '../problem.ts';
import { type MeshReading, readMesh } from '../read-mesh.ts';
import {
  encodeView,
  formerViewFile,
  isInside,
  readView,
  type View,
  type ViewEntry,
  type ViewVersion,
  versionFolder,
  viewFile,
} from './view.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

describe('the view of a registry', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-view-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (file: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  /** Puts the files of a version where a view has them. */
  const version = async (number: number, files: Files, pins: ViewVersion['pins'] = []): Promise<ViewVersion> => {
    const manifest = Object.entries(files).map(([path, content]) => ({
      path,
      sizeBytes: content.length,
      sha256: hash('sha256', content),
    }));
    const digest = `sha256:${hash('sha256', JSON.stringify([manifest, pins]))}`;
    for (const [path, content] of Object.entries(files))
      await write(join(versionFolder(folder, digest), path), content);
    return { version: number, digest, files: manifest, pins };
  };
  const show = async (entries: readonly ViewEntry[], epoch = 7): Promise<View> => {
    const view: View = { schema: 1, epoch, entries, out: [] };
    await write(viewFile(folder), encodeView(view));
    return view;
  };
  const entry = (name: string, kind: ViewEntry['kind'], versions: readonly ViewVersion[], champion?: number) => ({
    ...{ name, kind, versions, former: {} },
    aliases: champion === undefined ? {} : { champion },
  });
  const served = ({ servable }: MeshReading) => ({
    models: servable?.models.map(({ name, versions }) => `${name}: ${versions.map((one) => one.version).join(', ')}`),
    pipelines: servable?.pipelines.map(({ spec }) => `${spec.pipeline}/${spec.version}`),
    out: servable?.out.map(outText),
  });
  const scale = (factor: number) => sampleModels.scale(factor);
  const doubling = `pipeline: anything
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  twice: { transform: ./twice.ts, inputs: { x: x } }
  scaled: { model: scale, inputs: { x: twice.x } }
outputs: { y: scaled.y }
`;
  const twice = (factor: number) => `import { defineTransform } from '@sheaf/inference';
const x = { datatype: 'FP32', shape: ['rows', 2] } as const;
export default defineTransform({ inputs: { x }, outputs: { x } }, ({ x }) => ({ x: { ...x, data: x.data.map((v) => v * ${factor}) } }));
`;

  it('is read beside the folder where the mesh follows a registry, and else not', async () => {
    await write(join(folder, 'models/own/1/model.onnx'), scale(1));
    const three = await version(3, { 'model.onnx': scale(3), 'model.yaml': 'instances: 2\n' });
    const four = await version(4, { 'model.onnx': scale(4) });
    await show([entry('scale', 'model', [four, three], 3)]);
    assert.deepEqual(served(await readMesh(folder)), { models: ['own: 1'], pipelines: [], out: [] });
    const reading = await readMesh(folder, { follow: true });
    assert.deepEqual(served(reading), { models: ['own: 1', 'scale: 4, 3'], pipelines: [], out: [] });
    assert.equal(reading.mesh?.follows, true);
    assert.equal(reading.mesh?.models.find(({ name }) => name === 'scale')?.instances, 2);
    await write(join(folder, 'mesh.yaml'), 'registry:\n');
    assert.equal((await readMesh(folder)).mesh?.follows, true);
  });

  it('tells in one sentence of a name that folder and registry both have, and leaves it to neither', async () => {
    await write(join(folder, 'models/scale/1/model.onnx'), scale(1));
    await show([entry('scale', 'model', [await version(1, { 'model.onnx': scale(3) })])]);
    const reading = await readMesh(folder, { follow: true });
    assert.deepEqual(served(reading).models, []);
    assert.deepEqual(
      reading.problems.map(({ file, message }) => `${file}: ${message}`),
      [
        'models/scale: the registry has a model "scale" too; want it in one of them: "sheaf models import" takes what is in the folder over into the registry',
      ],
    );
  });

  it('leaves out a version of which a file is another one, and serves the others', async () => {
    const [one, two] = [await version(1, { 'model.onnx': scale(1) }), await version(2, { 'model.onnx': scale(2) })];
    await show([entry('scale', 'model', [two, one])]);
    await write(join(versionFolder(folder, two.digest), 'model.onnx'), scale(5));
    const { models, out } = served(await readMesh(folder, { follow: true }));
    assert.deepEqual(models, ['scale: 1']);
    assert.match(out?.[0] ?? '', /^model scale\/2 is out: .*model\.onnx is not the file of the registry: want sha256/);
  });

  it('has versions of a pipeline with code of their own and the models that they pin', async () => {
    const [one, two] = [await version(1, { 'model.onnx': scale(1) }), await version(2, { 'model.onnx': scale(2) })];
    const first = await version(1, { 'pipeline.yaml': doubling, 'twice.ts': twice(2) }, [
      { name: 'scale', version: '1' },
    ]);
    const second = await version(2, { 'pipeline.yaml': doubling, 'twice.ts': twice(3) }, [
      { name: 'scale', version: '2' },
    ]);
    const third = await version(3, { 'pipeline.yaml': `${doubling}# as before\n`, 'twice.ts': twice(3) }, [
      { name: 'scale', version: '2' },
    ]);
    await show([entry('scale', 'model', [two, one], 1), entry('double', 'pipeline', [third, second, first], 1)]);
    const reading = await readMesh(folder, { follow: true });
    assert.deepEqual(reading.problems, []);
    assert.deepEqual(served(reading).pipelines, ['double/3', 'double/2', 'double/1']);
    const asked = reading.mesh?.pipelines.map(({ spec }) =>
      spec.stages.map(({ step }) => ('target' in step ? step.target : undefined)),
    );
    assert.deepEqual(
      asked?.map(([, model]) => model),
      ['2', '2', '1'].map((pinned) => ({ kind: 'model', name: 'scale', version: pinned })),
    );
    // The same code with the same pins is one transform; each has a service of its own.
    const [, old] = reading.mesh?.transforms.map(({ name }) => name) ?? [];
    assert.equal(reading.mesh?.transforms.length, 2);
    assert.match(old ?? '', /^twice\.[0-9a-f]{32}$/);
    assert.deepEqual(
      reading.mesh?.services.flatMap(({ transforms }) => transforms.length),
      [0, 1, 1],
    );
  });

  it('has code of a registry ask what its pipeline names or pins, and nothing else', async () => {
    const uses = (names: string) => twice(2).replace('outputs: { x } }', `outputs: { x }, uses: [${names}] }`);
    const pinned = [{ name: 'pinned', version: '1' }];
    const one = await version(1, { 'pipeline.yaml': doubling, 'twice.ts': uses("'scale', 'pinned'") }, pinned);
    const other = await version(1, { 'pipeline.yaml': doubling, 'twice.ts': uses("'scale', 'hidden'") }, pinned);
    for (const name of ['scale', 'hidden']) await write(join(folder, `models/${name}/1/model.onnx`), scale(1));
    const model = entry('pinned', 'model', [await version(1, { 'model.onnx': scale(1) })]);
    await show([model, entry('one', 'pipeline', [one], 1), entry('other', 'pipeline', [other], 1)]);
    const { pipelines, out } = served(await readMesh(folder, { follow: true }));
    assert.deepEqual(pipelines, ['one/1']);
    const problems = (await readMesh(folder, { follow: true })).problems.map(({ message }) => message);
    assert.deepEqual(problems, ['uses: want what its pipeline names or pins in the registry, got "hidden"']);
    assert.match(out?.join('\n') ?? '', /^pipeline other\/1 is out: it asks transform/);
  });

  it('gives code of a registry none of the rights that mesh.yaml gives a transform of the folder by the same name', async () => {
    const pushed = await version(1, { 'pipeline.yaml': doubling, 'twice.ts': twice(3) });
    await show([entry('double', 'pipeline', [pushed], 1)]);
    await write(join(folder, 'models/scale/1/model.onnx'), scale(1));
    await write(join(folder, 'twice.ts'), twice(2));
    await write(join(folder, 'pipelines/own.yaml'), doubling.replace('anything', 'own'));
    await write(join(folder, 'mesh.yaml'), 'services:\n  twice: { network: true, env: [TOKEN], addons: true }\n');
    const { problems, servable } = await readMesh(folder, { follow: true });
    assert.deepEqual(problems, []);
    const told = servable?.services.map(({ transforms, rights, env }) => [transforms, rights?.addons, env]);
    const kept = servable?.transforms.map(({ name }) => name).filter((name) => name !== 'twice');
    assert.equal(kept?.length, 1);
    assert.deepEqual(told?.slice(0, 1), [[['twice'], true, ['TOKEN']]]);
    assert.deepEqual(told?.at(-1), [kept, undefined, undefined]);
    // Nor where the folder has no such transform any more.
    await rm(join(folder, 'pipelines/own.yaml'));
    await write(join(folder, 'mesh.yaml'), 'services:\n  other: { transforms: [twice], network: true }\n');
    assert.match((await readMesh(folder, { follow: true })).problems[0]?.message ?? '', /no pipeline of this folder/);
  });

  it('is the one before where its file is damaged, and none where both are', async () => {
    const view = await show([]);
    await write(formerViewFile(folder), encodeView(view));
    await write(viewFile(folder), encodeView({ ...view, epoch: 8 }).replace('"epoch":8', '"epoch":9'));
    assert.deepEqual(await readView(folder), { view, isDamaged: true });
    await write(formerViewFile(folder), '{');
    assert.deepEqual(await readView(folder), { view: undefined, isDamaged: true });
  });

  it('has no paths that lead out of it', () => {
    assert.deepEqual(['model.onnx', 'a/b c.txt', 'ä'].filter(isInside).length, 3);
    const wrong = ['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', '.hidden', 'a/.b', 'a\\b', 'a\0', 'a/'];
    assert.deepEqual(wrong.filter(isInside), []);
  });
});
