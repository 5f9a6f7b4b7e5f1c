import assert from 'node:assert/strict';
import { open, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { elements, type InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { readModel } from '@sheaf/onnx';
import { buildModel, type GraphSpec, type ModelSpec, type Weights } from '@sheaf/onnx/testing';
import { openModel } from '../served-version.ts';
import { alone, filesOf, withModel } from '../testing/model-fixture.ts';
import { watchChecked } from './model-files.ts';

const count = 1_024;
/** 0, 1, 2, ... from a place of the file on. */
const weights = new Uint8Array(Float32Array.from({ length: 2 * count }, (_, index) => index).buffer);
const info = (name: string) => ({ name, datatype: 'FP32', shape: [count] }) as const;
const elsewhere = (name: string, location: string, from = 0): Weights => ({
  name,
  datatype: 'FP32',
  shape: [count],
  location,
  offset: from * 4,
  length: count * 4,
});

const io = { inputs: [info('x')], outputs: [info('y')] };
const add = (weight = 'w') => ({ op: 'Add', inputs: ['x', weight], outputs: ['y'] });
const branch = (graph: Partial<GraphSpec>): GraphSpec => ({ inputs: [], outputs: [info('z')], nodes: [], ...graph });
const otherwise = branch({ nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['z'] }] });
const sure = {
  op: 'Constant',
  inputs: [],
  outputs: ['sure'],
  attributes: { value: { tensor: tensorOf('t', 'BOOL', [], Uint8Array.of(1)) } },
};
const constant = (weight: Weights) => ({
  op: 'Constant',
  inputs: [],
  outputs: ['w'],
  attributes: { value: { tensor: weight } },
});
const ifSure = (graph: GraphSpec) => ({
  op: 'If',
  inputs: ['sure'],
  outputs: ['y'],
  attributes: { then_branch: { graph }, else_branch: { graph: otherwise } },
});

const everyIndex = BigInt64Array.from({ length: count }, (_, index) => BigInt(index));
const sparse = (location: string) => ({
  values: elsewhere('w', location, 5),
  indices: tensorOf('i', 'INT64', [count], everyIndex),
  dims: [count],
});

/** Each adds the weights from `from` on to `x`. */
const places: Readonly<Record<string, (location: string) => ModelSpec>> = {
  'an initializer': (location) => ({ ...io, nodes: [add()], initializers: [elsewhere('w', location, 5)] }),
  'a Constant': (location) => ({ ...io, nodes: [constant(elsewhere('w', location, 5)), add()] }),
  'an initializer of a branch': (location) => ({
    ...io,
    nodes: [
      sure,
      ifSure(
        branch({
          nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['z'] }],
          initializers: [elsewhere('w', location, 5)],
        }),
      ),
    ],
  }),
  'a Constant in a function': (location) => ({
    ...io,
    domains: { own: 1 },
    nodes: [{ op: 'Shift', domain: 'own', inputs: ['x'], outputs: ['y'] }],
    functions: [
      {
        name: 'Shift',
        domain: 'own',
        inputs: ['x'],
        outputs: ['y'],
        nodes: [constant(elsewhere('w', location, 5)), add()],
      },
    ],
  }),
  'a sparse Constant': (location) => ({
    ...io,
    nodes: [
      { op: 'Constant', inputs: [], outputs: ['w'], attributes: { sparse_value: { sparse: sparse(location) } } },
      add(),
    ],
  }),
  'a sparse initializer': (location) => ({ ...io, nodes: [add()], sparse: [sparse(location)] }),
};

const zeros = tensorOf('x', 'FP32', [count], new Float32Array(count));
const read = ([tensor]: readonly Tensor[]): number[] => {
  assert.ok(tensor?.datatype === 'FP32');
  return [...elements({ ...tensor, datatype: 'FP32' })];
};
const wanted = Array.from({ length: count }, (_, index) => index + 5);

describe('weights in another file', () => {
  for (const [place, spec] of Object.entries(places)) {
    it(`of ${place} are found and loaded`, async () => {
      const bytes = buildModel(spec('model.onnx.data'));
      assert.deepEqual(readModel(bytes).externalFiles, [{ location: 'model.onnx.data', bytesMin: (count + 5) * 4 }]);
      await withModel(bytes, async ({ ask }) => assert.deepEqual(read(await ask([zeros])), wanted), {
        'model.onnx.data': weights,
      });
    });

    it(`of ${place} are never looked for outside the folder`, () => {
      for (const location of ['../w', '/etc/passwd', 'a/../../w', 'C:\\w', '..\\w', '', '*/_ORT_MEM_ADDR_/*', 'a\0b'])
        assert.throws(
          () => readModel(buildModel(spec(location))),
          ({ code, message }: InferError) =>
            code === 'FAILED_PRECONDITION' &&
            message.startsWith(`weights "w" are in the file ${JSON.stringify(location)}, which `),
        );
    });
  }

  it('of several files, also in folders, and of several tensors in one are loaded', async () => {
    const initializers = [elsewhere('w', 'w/all.bin', 5), elsewhere('v', 'w/all.bin', 100), elsewhere('u', './u.bin')];
    const bytes = buildModel({
      ...io,
      nodes: [{ op: 'Sum', inputs: ['x', 'w', 'v', 'u'], outputs: ['y'] }],
      initializers,
    });
    await withModel(
      bytes,
      async ({ ask }) =>
        assert.deepEqual(
          read(await ask([zeros])),
          wanted.map((_, index) => 3 * index + 105),
        ),
      { 'w/all.bin': weights, 'u.bin': weights },
    );
  });

  it('are found where a message that may stand once stands twice, since the runtime merges them', () => {
    const more = buildModel({ inputs: [], outputs: [], nodes: [], initializers: [elsewhere('w', '../w')] });
    const twice = Buffer.concat([buildModel({ ...io, nodes: [add()] }), more]);
    assert.throws(() => readModel(twice), { message: /^weights "w" are in the file "\.\.\/w", which / });
  });

  it('may be written over while they are served: the answers stay', async () => {
    const bytes = buildModel({ ...io, nodes: [add()], initializers: [elsewhere('w', 'w.bin', 5)] });
    await withModel(
      bytes,
      async ({ ask }, { folder }) => {
        const handle = await open(join(folder, 'w.bin'), 'r+');
        await handle.write(new Uint8Array(weights.byteLength));
        await handle.truncate(4);
        await handle.close();
        assert.deepEqual(read(await ask([zeros])), wanted);
      },
      { 'w.bin': weights },
    );
  });

  it('of more than 2 GiB for one tensor are left to the runtime, which maps their files', () => {
    const large = { name: 'w', datatype: 'FP32', shape: [count], location: 'w.bin', length: 2 ** 31 } as const;
    assert.equal(readModel(buildModel({ ...io, nodes: [add()], initializers: [large] })).mapped, true);
    const small = { ...large, length: 2 ** 31 - 1 };
    assert.equal(readModel(buildModel({ ...io, nodes: [add()], initializers: [small, small] })).mapped, false);
  });

  it('that the runtime reads itself are watched from the check on until it has them', async () => {
    const files = await filesOf(new Uint8Array(), { 'w.bin': weights });
    const [, file] = files.files;
    assert.ok(file);
    const untouched = await watchChecked(files, file);
    await untouched();
    const { atime, mtime } = await stat(join(files.folder, 'w.bin'));
    await writeFile(join(files.folder, 'w.bin'), weights.toReversed());
    await utimes(join(files.folder, 'w.bin'), atime, mtime);
    const expected = { code: 'FAILED_PRECONDITION', message: 'w.bin was changed after it was checked' };
    await assert.rejects(untouched(), expected);
    await assert.rejects(watchChecked(files, file), expected);
  });

  it('that were changed after they were checked, as the model itself, are not loaded', async () => {
    const bytes = buildModel({ ...io, nodes: [add()], initializers: [elsewhere('w', 'w.bin')] });
    const { signature } = readModel(bytes);
    for (const changed of ['model.onnx', 'w.bin']) {
      const model = await filesOf(bytes, { 'w.bin': weights });
      const other = changed === 'w.bin' ? new Uint8Array(weights.byteLength) : buildModel({ ...io, nodes: [add('x')] });
      await writeFile(join(model.folder, changed), other);
      await assert.rejects(openModel({ ...alone, signature, model }), {
        code: 'FAILED_PRECONDITION',
        message: `model m/1 does not run: the runtime cannot load it: ${changed} was changed after it was checked`,
      });
    }
  });
});
