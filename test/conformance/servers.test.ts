/** What the gateway and a model server answer to each request of the protocol. Long, since it is one table of what comes in and what must come out, for both. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Datatype, packBytes } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { StockClient } from '../support/stock-client.ts';

const raw = (view: ArrayBufferView): Buffer =>
  Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);

/** Two elements of each datatype, raw and typed. */
const values: Record<Exclude<Datatype, 'BF16'>, { raw: Buffer; field?: string; typed?: unknown[] }> = {
  BOOL: { raw: Buffer.from([1, 0]), field: 'bool_contents', typed: [true, false] },
  INT8: { raw: raw(Int8Array.of(-128, 127)), field: 'int_contents', typed: [-128, 127] },
  INT16: { raw: raw(Int16Array.of(-32768, 32767)), field: 'int_contents', typed: [-32768, 32767] },
  INT32: { raw: raw(Int32Array.of(-(2 ** 31), 2 ** 31 - 1)), field: 'int_contents', typed: [-(2 ** 31), 2 ** 31 - 1] },
  INT64: {
    raw: raw(BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n)),
    field: 'int64_contents',
    typed: ['-9223372036854775808', '9007199254740993'],
  },
  UINT8: { raw: Buffer.from([0, 255]), field: 'uint_contents', typed: [0, 255] },
  UINT16: { raw: raw(Uint16Array.of(0, 65535)), field: 'uint_contents', typed: [0, 65535] },
  UINT32: { raw: raw(Uint32Array.of(0, 2 ** 32 - 1)), field: 'uint_contents', typed: [0, 2 ** 32 - 1] },
  UINT64: {
    raw: raw(BigUint64Array.of(0n, 2n ** 64n - 1n)),
    field: 'uint64_contents',
    typed: ['0', '18446744073709551615'],
  },
  FP16: { raw: raw(Uint16Array.of(0x3c00, 0xfe00)) },
  FP32: { raw: raw(Float32Array.of(-0, 1.5)), field: 'fp32_contents', typed: [-0, 1.5] },
  FP64: {
    raw: raw(Float64Array.of(Number.NEGATIVE_INFINITY, 5e-324)),
    field: 'fp64_contents',
    typed: [Number.NEGATIVE_INFINITY, 5e-324],
  },
  BYTES: {
    raw: Buffer.from(packBytes(['', 'Zürich'])),
    field: 'bytes_contents',
    typed: [Buffer.from(''), Buffer.from('Zürich')],
  },
};

/** Of a process on this machine. */
const residentBytes = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

const pidsOf = ({ running }: TestMesh): number[] => [running.gateway, ...running.services].map(({ pid }) => pid);

const modelOf = (datatype: string): string => `identity-${datatype.toLowerCase()}`;

const files: Files = {
  ...Object.fromEntries(
    Object.keys(values).map((datatype) => [
      `models/${modelOf(datatype)}`,
      sampleModels.identity(datatype as Datatype, ['n']),
    ]),
  ),
  'models/scalar': sampleModels.identity('INT64', []),
  'models/empty': sampleModels.identity('FP32', [0, 3]),
  'models/pair': sampleModels.scale(2),
  'models/two': sampleModels.severalOutputs(),
  'models/reshape': sampleModels.failingReshape(),
  'models/zeros': sampleModels.zeros(),
  'models/batch': sampleModels.scale(1, [4, 2]),
  'models/many/1/model.onnx': sampleModels.scale(1),
  'models/many/2/model.onnx': sampleModels.scale(2),
  'models/many/10/model.onnx': sampleModels.scale(10),
  // One process for all of them: what is tested here is the servers.
  'echo.ts': `import { defineTransform } from '@sheaf/inference';
const bytes = { datatype: 'BYTES', shape: [-1] } as const;
const halves = { datatype: 'BF16', shape: [-1] } as const;
export default defineTransform({ inputs: { bytes, halves }, outputs: { bytes, halves } }, (inputs) => inputs);
`,
  'pipelines/echoes.yaml': `pipeline: echoes
inputs: { bytes: { datatype: BYTES, shape: [-1] }, halves: { datatype: BF16, shape: [-1] } }
stages:
  echo: { transform: ./echo.ts, inputs: { bytes: bytes, halves: halves } }
outputs: { bytes: echo.bytes, halves: echo.halves }
`,
  'mesh.yaml': `limits: { messageBytesMax: 4MiB }\nservices:\n  all: { transforms: [echo], models: [${[...Object.keys(values).map(modelOf), 'scalar', 'empty', 'pair', 'two', 'reshape', 'zeros', 'many', 'batch'].join(', ')}] }\n`,
  'pipelines/twice.yaml':
    'pipeline: twice\ninputs: { x: { datatype: FP32, shape: [-1, 2] } }\nstages:\n  a: { model: pair, inputs: { x: x } }\n  b: { model: pair, inputs: { x: a.y } }\noutputs: { y: b.y }\n',
};

const pair = { name: 'x', datatype: 'FP32', shape: ['1', '2'] };
const pairBytes = raw(Float32Array.of(1, 2));
const good = { model_name: 'pair', inputs: [pair], raw_input_contents: [pairBytes] };
const input = (changes: object, bytes = pairBytes) => ({
  ...good,
  inputs: [{ ...pair, ...changes }],
  raw_input_contents: [bytes],
});

const bytesOf = (...numbers: number[]): Buffer => Buffer.from(Uint32Array.from(numbers).buffer);
const strings = (bytes: Buffer, shape = ['2']) => ({
  model_name: 'identity-bytes',
  inputs: [{ name: 'x', datatype: 'BYTES', shape }],
  raw_input_contents: [bytes],
});

const badVersions = [
  '0',
  '-1',
  '01',
  '1.5',
  '1e3',
  '9223372036854775808',
  '18446744073709551616',
  'Latest',
  'latest/../1',
  ' 1',
  '１',
];
const badNames = [
  '../etc',
  'a/../b',
  '/etc/passwd',
  '..\\..\\x',
  '．．／etc',
  'a∕b',
  'a․․b',
  'a\0b',
  'a\nb',
  'a\r',
  '\ta',
  ' ..',
  '.. ',
  '.',
  '..',
  '-x',
  '',
  ...[129, 4_096, 65_536].map((length) => 'x'.repeat(length)),
];
/** Nothing but dots inside a name: no path, so a name like any other. */
const ordinaryNames = ['...', '..my_model', 'model..1', 'a.b-c_D9', '__proto__', 'constructor', 'x'.repeat(128)];

const parameter = (name: string, value: object): [string, object, string, RegExp] => [
  `the parameter ${name} as ${JSON.stringify(value)}`,
  { ...good, parameters: { [name]: value } },
  'INVALID_ARGUMENT',
  new RegExp(`^parameters\\["${name}"\\]: `),
];

/** What comes in, the code that must come out, and what the sentence must say. */
const bad: [string, object, string, RegExp][] = [
  ['an unknown model', { ...good, model_name: 'nobody' }, 'NOT_FOUND', /there is no model.*"nobody"/],
  ['an unknown version', { ...good, model_version: '7' }, 'NOT_FOUND', /"pair" has no version 7/],
  ['an unknown alias', { ...good, model_version: 'latest' }, 'NOT_FOUND', /"pair" has no version latest/],
  ...[...badVersions].map((version): [string, object, string, RegExp] => [
    `version "${version}"`,
    { ...good, model_version: version },
    'INVALID_ARGUMENT',
    /^model_version: want a positive decimal integer/,
  ]),
  ...badNames.map((name): [string, object, string, RegExp] => [
    `the model name ${JSON.stringify(name.slice(0, 20))}`,
    { ...good, model_name: name },
    'INVALID_ARGUMENT',
    /^model_name: want/,
  ]),
  ['an unknown datatype', input({ datatype: 'INT4' }), 'INVALID_ARGUMENT', /^input "x": datatype: want a datatype/],
  ['another datatype', input({ datatype: 'INT32' }), 'INVALID_ARGUMENT', /^input "x": want datatype FP32, got INT32$/],
  [
    'BF16 for an ONNX input',
    input({ datatype: 'BF16' }, Buffer.alloc(4)),
    'INVALID_ARGUMENT',
    /want datatype FP32, got BF16/,
  ],
  [
    'a BOOL that is neither 0 nor 1',
    {
      model_name: 'identity-bool',
      inputs: [{ name: 'x', datatype: 'BOOL', shape: ['2'] }],
      raw_input_contents: [Buffer.from([1, 7])],
    },
    'INVALID_ARGUMENT',
    /^input "x": BOOL element 1: want 0 or 1, got 7$/,
  ],
  parameter('sequence_id', { bool_param: true }),
  parameter('sequence_id', { string_param: '' }),
  parameter('sequence_id', { int64_param: '-1' }),
  parameter('sequence_start', { int64_param: '1' }),
  parameter('sequence_end', { string_param: 'true' }),
  parameter('priority', { double_param: 1 }),
  parameter('priority', { int64_param: '-1' }),
  parameter('timeout', { string_param: 'soon' }),
  parameter('triton_enable_empty_final_response', { int64_param: '1' }),
  parameter('triton_whatever', { bool_param: true }),
  parameter('empty', {}),
  ['rank 0', input({ shape: [] }, Buffer.alloc(4)), 'INVALID_ARGUMENT', /want rank 2 \(\[-1,2\]\), got rank 0/],
  ['rank 3', input({ shape: ['1', '1', '2'] }), 'INVALID_ARGUMENT', /want rank 2 .*got rank 3/],
  [
    'rank 200,000',
    input({ shape: Array(200_000).fill('1') }, Buffer.alloc(4)),
    'INVALID_ARGUMENT',
    /at most 16 dimensions, got 200000/,
  ],
  [
    'more elements than a number can count',
    input({ shape: ['134217728', '134217728'] }),
    'INVALID_ARGUMENT',
    /^input "x": shape: want at most/,
  ],
  [
    'a batch above the largest of the model',
    {
      model_name: 'batch',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['5', '2'] }],
      raw_input_contents: [Buffer.alloc(40)],
    },
    'INVALID_ARGUMENT',
    /^input "x": shape\[0\]: want 4, got 5$/,
  ],
  [
    'half an element too much',
    input({ shape: ['1', '2'] }, Buffer.alloc(10)),
    'INVALID_ARGUMENT',
    /want 8 bytes for FP32 \[1,2\], got 10/,
  ],
  [
    '10,000 inputs',
    { ...good, inputs: Array(10_000).fill(pair), raw_input_contents: Array(10_000).fill(pairBytes) },
    'RESOURCE_EXHAUSTED',
    /^inputs: want at most 64, got 10000$/,
  ],
  [
    '10,000 requested outputs',
    { ...good, outputs: Array(10_000).fill({ name: 'y' }) },
    'RESOURCE_EXHAUSTED',
    /^outputs: want at most 64, got 10000$/,
  ],
  [
    'BYTES lengths whose sum overflows',
    strings(bytesOf(0xfffffff0, 0x20)),
    'INVALID_ARGUMENT',
    /BYTES element 0 claims/,
  ],
  ['a rank too low', input({ shape: ['2'] }), 'INVALID_ARGUMENT', /want rank 2/],
  [
    'rank 17',
    input({ shape: Array(17).fill('1') }, Buffer.alloc(4)),
    'INVALID_ARGUMENT',
    /at most 16 dimensions, got 17/,
  ],
  [
    'another static dimension',
    input({ shape: ['1', '3'] }, Buffer.alloc(12)),
    'INVALID_ARGUMENT',
    /shape\[1\]: want 2, got 3/,
  ],
  ['a negative dimension', input({ shape: ['-1', '2'] }), 'INVALID_ARGUMENT', /shape\[0\]: want 0 or more, got -1/],
  [
    'a shape whose bytes wrap',
    input({ shape: ['4', '1152921504606846978'] }),
    'INVALID_ARGUMENT',
    /shape\[1\]: want 0 or more/,
  ],
  [
    'a gibibyte declared and four bytes sent',
    input({ shape: ['134217728', '2'] }, Buffer.alloc(4)),
    'INVALID_ARGUMENT',
    /at most 67108864 elements/,
  ],
  [
    'too few bytes',
    input({}, Buffer.alloc(7)),
    'INVALID_ARGUMENT',
    /^input "x": want 8 bytes for FP32 \[1,2\], got 7$/,
  ],
  ['a missing input', { ...good, inputs: [], raw_input_contents: [] }, 'INVALID_ARGUMENT', /^input "x" is missing$/],
  [
    'an extra input',
    { ...good, inputs: [pair, { ...pair, name: '__proto__' }], raw_input_contents: [pairBytes, pairBytes] },
    'INVALID_ARGUMENT',
    /^no input "__proto__"; the inputs are x$/,
  ],
  [
    'an input given twice',
    { ...good, inputs: [pair, pair], raw_input_contents: [pairBytes, pairBytes] },
    'INVALID_ARGUMENT',
    /^input "x" is given twice$/,
  ],
  [
    'an unknown output',
    { ...good, outputs: [{ name: 'z' }] },
    'INVALID_ARGUMENT',
    /^no output "z"; the outputs are y$/,
  ],
  [
    'an output asked for twice',
    { ...good, outputs: [{ name: 'y' }, { name: 'y' }] },
    'INVALID_ARGUMENT',
    /^output "y" is asked for twice$/,
  ],
  [
    '65 inputs',
    { ...good, inputs: Array(65).fill(pair), raw_input_contents: Array(65).fill(pairBytes) },
    'RESOURCE_EXHAUSTED',
    /inputs: want at most 64, got 65/,
  ],
  [
    'raw and typed contents',
    { ...good, inputs: [{ ...pair, contents: { fp32_contents: [1, 2] } }] },
    'INVALID_ARGUMENT',
    /^input "x": contents: want either them or raw_input_contents, got both$/,
  ],
  ['no contents at all', { ...good, raw_input_contents: [] }, 'INVALID_ARGUMENT', /raw_input_contents: want 1 entries/],
  [
    'contents of another field',
    { ...good, inputs: [{ ...pair, contents: { int_contents: [1, 2] } }], raw_input_contents: [] },
    'INVALID_ARGUMENT',
    /want fp32_contents for FP32, got int_contents/,
  ],
  [
    'INT8 out of range',
    {
      model_name: 'identity-int8',
      inputs: [{ name: 'x', datatype: 'INT8', shape: ['1'], contents: { int_contents: [300] } }],
    },
    'INVALID_ARGUMENT',
    /contents\[0\]: want -128 to 127 for INT8, got 300/,
  ],
  ['a BYTES length beyond its end', strings(bytesOf(4_294_967_295, 0)), 'INVALID_ARGUMENT', /BYTES element 0 claims/],
  ['too few BYTES elements', strings(bytesOf(0)), 'INVALID_ARGUMENT', /want 2 BYTES elements, got 1/],
  [
    'BYTES with something behind',
    strings(bytesOf(0, 0, 0)),
    'INVALID_ARGUMENT',
    /4 bytes are left after 2 BYTES elements/,
  ],
  [
    'a NUL for a string model',
    strings(Buffer.from(packBytes(['a\0b'])), ['1']),
    'INVALID_ARGUMENT',
    /must not hold a NUL/,
  ],
  [
    'invalid UTF-8 for a string model',
    strings(Buffer.from(packBytes([Uint8Array.of(0xff)])), ['1']),
    'INVALID_ARGUMENT',
    /must be valid UTF-8/,
  ],
  [
    'an operator that fails',
    {
      model_name: 'reshape',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['3'] }],
      raw_input_contents: [Buffer.alloc(12)],
    },
    'INVALID_ARGUMENT',
    /failed on these inputs in its operator Reshape/,
  ],
  [
    'an output over the limit',
    {
      model_name: 'zeros',
      inputs: [{ name: 'x', datatype: 'INT64', shape: ['1'] }],
      raw_input_contents: [raw(BigInt64Array.of(2_000_000n))],
    },
    'RESOURCE_EXHAUSTED',
    /take more than 4194304 bytes \(limits\.innerMessageBytesMax in mesh\.yaml\)$/,
  ],
  ['a message over the limit', input({ shape: ['600000', '2'] }, Buffer.alloc(4_800_000)), 'RESOURCE_EXHAUSTED', /./],
];

for (const server of ['gateway', 'model server'] as const) {
  describe(`the ${server}`, () => {
    let mesh: TestMesh;
    let client: StockClient;
    before(async () => {
      mesh = await startTestMesh(files);
      const { gateway, services, secret } = mesh.running;
      client =
        server === 'gateway' ? new StockClient(gateway.port) : new StockClient(services[0]?.port ?? 0, {}, secret);
    });
    after(async () => {
      client[Symbol.dispose]();
      await mesh[Symbol.asyncDispose]();
    });

    it('is live, ready, and says who it is', async () => {
      assert.deepEqual((await client.call('ServerLive', {})).reply, { live: true });
      assert.deepEqual((await client.call('ServerReady', {})).reply, { ready: true });
      assert.match(String((await client.call('ServerMetadata', {})).reply['name']), /^sheaf-/);
    });

    it('tells health of the server and of each model, and NOT_FOUND of others', async () => {
      assert.equal((await client.check('')).reply['status'], 1);
      assert.equal((await client.check('pair')).reply['status'], 1);
      assert.equal((await client.check('nobody')).code, 'NOT_FOUND');
      assert.deepEqual(await client.watch('pair'), { status: 1 });
    });

    it('says that an unknown model is not ready, and does not raise', async () => {
      assert.deepEqual((await client.call('ModelReady', { name: 'nobody' })).reply, { ready: false });
      assert.deepEqual((await client.call('ModelReady', { name: 'pair', version: '2' })).reply, { ready: false });
      assert.deepEqual((await client.call('ModelReady', { name: 'pair', version: '1' })).reply, { ready: true });
    });

    it('refuses names and versions that are none on the other calls too, and knows an ordinary one from them', async () => {
      for (const name of badNames)
        for (const method of ['ModelReady', 'ModelMetadata']) {
          const { code, error } = await client.call(method, { name });
          assert.equal(code, 'INVALID_ARGUMENT', name);
          assert.match(error?.details ?? '', /^name: want/);
        }
      for (const version of badVersions)
        for (const method of ['ModelReady', 'ModelMetadata'])
          assert.equal((await client.call(method, { name: 'pair', version })).code, 'INVALID_ARGUMENT', version);
      for (const name of [...ordinaryNames, ...ordinaryNames])
        assert.equal((await client.call('ModelInfer', { ...good, model_name: name })).code, 'NOT_FOUND', name);
    });

    it('tells versions, inputs and outputs of a model', async () => {
      const { reply } = await client.call('ModelMetadata', { name: 'many' });
      assert.deepEqual(reply['versions'], ['10', '2', '1']);
      assert.deepEqual(reply['inputs'], [{ name: 'x', datatype: 'FP32', shape: ['-1', '2'], parameters: {} }]);
      assert.equal((await client.call('ModelMetadata', { name: 'nobody' })).code, 'NOT_FOUND');
    });

    it('answers with the newest version by number, and with any that is named', async () => {
      const factor = async (version: string) => {
        const { reply } = await client.call('ModelInfer', { ...good, model_name: 'many', model_version: version });
        return [reply['model_version'], (reply['raw_output_contents'] as Buffer[])[0]?.readFloatLE(0)];
      };
      assert.deepEqual(await factor(''), ['10', 10]);
      assert.deepEqual(await factor('2'), ['2', 2]);
    });

    for (const [datatype, { raw: bytes, field, typed }] of Object.entries(values)) {
      const request = { model_name: modelOf(datatype), id: 'abc', inputs: [{ name: 'x', datatype, shape: ['2'] }] };
      it(`gives ${datatype} back bit for bit, raw for raw`, async () => {
        const { reply, error } = await client.call('ModelInfer', { ...request, raw_input_contents: [bytes] });
        assert.equal(error, undefined);
        assert.deepEqual((reply['raw_output_contents'] as Buffer[])[0], bytes);
        assert.equal(reply['id'], 'abc');
      });
      if (field) {
        it(`gives ${datatype} back typed to who sent it typed`, async () => {
          const { reply, error } = await client.call('ModelInfer', {
            ...request,
            inputs: [{ name: 'x', datatype, shape: ['2'], contents: { [field]: typed } }],
          });
          assert.equal(error, undefined);
          const [output] = reply['outputs'] as { contents: Record<string, unknown[]> }[];
          assert.deepEqual(output?.contents[field], typed);
          assert.deepEqual(reply['raw_output_contents'], []);
        });
      }
    }

    it('gives every float back bit for bit: NaN with its payload, infinities, -0, subnormals', async () => {
      const bits = raw(
        Uint32Array.of(0x7fc12345, 0xffc00001, 0x7f800000, 0xff800000, 0x80000000, 0x00000001, 0x807fffff),
      );
      const { reply } = await client.call('ModelInfer', {
        model_name: 'identity-fp32',
        inputs: [{ name: 'x', datatype: 'FP32', shape: ['7'] }],
        raw_input_contents: [bits],
      });
      assert.deepEqual(reply['raw_output_contents'], [bits]);
    });

    it('hands BYTES and BF16 to a transform untouched', async () => {
      const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0x00, 0xc0, 0xaf]);
      const contents = [Buffer.from(packBytes([jpeg, Buffer.alloc(0)])), raw(Uint16Array.of(0x3f80, 0x7fc1, 0x8000))];
      const { reply, error } = await client.call('ModelInfer', {
        model_name: server === 'gateway' ? 'echoes' : 'echo',
        inputs: [
          { name: 'bytes', datatype: 'BYTES', shape: ['2'] },
          { name: 'halves', datatype: 'BF16', shape: ['3'] },
        ],
        raw_input_contents: contents,
      });
      assert.equal(error, undefined);
      assert.deepEqual(reply['raw_output_contents'], contents);
    });

    it('takes parameters of all five kinds, and those that stock clients send', async () => {
      const parameters = {
        a: { bool_param: true },
        b: { int64_param: '-9223372036854775808' },
        c: { string_param: '' },
        d: { double_param: Number.NaN },
        e: { uint64_param: '18446744073709551615' },
        sequence_id: { string_param: 'a' },
        sequence_start: { bool_param: true },
        sequence_end: { bool_param: false },
        priority: { uint64_param: '1' },
        timeout: { int64_param: '1000000' },
        triton_enable_empty_final_response: { bool_param: true },
        headers: { string_param: 'x' },
        binary_data_output: { bool_param: true },
      };
      assert.equal((await client.call('ModelInfer', { ...good, parameters })).code, 'OK');
    });

    it('has metadata and health for what it serves, batched or not', async () => {
      const shapeOf = async (name: string) =>
        ((await client.call('ModelMetadata', { name })).reply['inputs'] as { shape: string[] }[])[0]?.shape;
      assert.deepEqual(
        [await shapeOf('pair'), await shapeOf('batch'), await shapeOf('scalar')],
        [['-1', '2'], ['4', '2'], []],
      );
    });

    const skip = existsSync('/proc/self/status') ? false : 'only Linux tells the memory of a process in a file';
    it('allocates nothing for a gibibyte that is only declared', { skip }, async () => {
      const service = mesh.running.services[0];
      const { pid } = (server === 'gateway' ? mesh.running.gateway : service) ?? { pid: 0 };
      const before = residentBytes(pid);
      const request = input({ shape: ['33554432', '2'] }, Buffer.alloc(4));
      for (let round = 0; round < 100; round++)
        assert.equal((await client.call('ModelInfer', request)).code, 'INVALID_ARGUMENT');
      assert.ok(residentBytes(pid) < before + 64 * 1024 * 1024, 'it grew');
    });

    it('serves scalars and tensors without elements', async () => {
      const scalar = await client.call('ModelInfer', {
        model_name: 'scalar',
        inputs: [{ name: 'x', datatype: 'INT64', shape: [] }],
        raw_input_contents: [raw(BigInt64Array.of(7n))],
      });
      assert.equal((scalar.reply['raw_output_contents'] as Buffer[])[0]?.readBigInt64LE(0), 7n);
      const empty = await client.call('ModelInfer', {
        model_name: 'empty',
        inputs: [{ name: 'x', datatype: 'FP32', shape: ['0', '3'] }],
        raw_input_contents: [Buffer.alloc(0)],
      });
      assert.equal(empty.code, 'OK');
      assert.deepEqual((empty.reply['outputs'] as { shape: string[] }[])[0]?.shape, ['0', '3']);
    });

    it('gives the outputs that are asked for, in the order asked', async () => {
      const inputs = ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: ['1'] }));
      const request = {
        model_name: 'two',
        inputs,
        raw_input_contents: [raw(Float32Array.of(5)), raw(Float32Array.of(3))],
      };
      const { reply } = await client.call('ModelInfer', {
        ...request,
        outputs: [{ name: 'difference' }, { name: 'sum' }],
      });
      assert.deepEqual(
        (reply['outputs'] as { name: string }[]).map(({ name }) => name),
        ['difference', 'sum'],
      );
      assert.deepEqual(
        (reply['raw_output_contents'] as Buffer[]).map((bytes) => bytes.readFloatLE(0)),
        [2, 8],
      );
    });

    it('takes the largest message of its limit', async () => {
      const rows = 4 * 1024 * 1024 - 1024;
      const { code } = await client.call('ModelInfer', {
        model_name: 'identity-uint8',
        inputs: [{ name: 'x', datatype: 'UINT8', shape: [String(rows)] }],
        raw_input_contents: [Buffer.alloc(rows)],
      });
      assert.equal(code, 'OK');
    });

    it('refuses a deadline that has passed before any work', async () => {
      assert.equal((await client.call('ModelInfer', good, 0)).code, 'DEADLINE_EXCEEDED');
    });

    for (const [name, request, code, sentence] of bad) {
      it(`refuses ${name} with ${code}, a sentence, and goes on as before`, async () => {
        const pids = pidsOf(mesh);
        const answer = await client.call('ModelInfer', request as Record<string, unknown>);
        assert.equal(answer.code, code, answer.error?.details ?? 'it was answered');
        assert.match(answer.error?.details ?? '', sentence);
        assert.doesNotMatch(answer.error?.details ?? '', /\/(home|tmp|work|usr)\/|node:|\.ts\b|127\.0\.0\.1/);
        const next = await client.call('ModelInfer', good);
        assert.deepEqual(next.reply['raw_output_contents'], [raw(Float32Array.of(2, 4))]);
        assert.deepEqual(pidsOf(mesh), pids);
      });
    }
  });
}
