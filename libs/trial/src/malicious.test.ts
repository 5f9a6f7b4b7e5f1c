/** Every line of what a model file may do to whoever loads it: it ends in the trial, as one sentence with the right code, and the process that asked for it goes on. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type TrialReport, tensorOf } from '@sheaf/inference';
import { buildModel, chainModel, type ModelSpec, rowMixing, sampleModels, type Weights } from '@sheaf/onnx/testing';
import { versionFolder } from './testing/version-folder.ts';
import { tryVersion, tryVersions } from './try-version.ts';

const MiB = 2 ** 20;
const vector = (name: string) => ({ name, datatype: 'FP32', shape: ['n'] }) as const;
const io = { inputs: [vector('x')], outputs: [vector('y')] };
const add = { op: 'Add', inputs: ['x', 'w'], outputs: ['y'] };
const weights = (location: string): Weights => ({ name: 'w', datatype: 'FP32', shape: [1], location });
const external = (location: string): Uint8Array =>
  buildModel({ ...io, nodes: [add], initializers: [weights(location)] });
const identity = { op: 'Identity', inputs: ['x'], outputs: ['y'] };
const model = (spec: Partial<ModelSpec>): Uint8Array => buildModel({ ...io, nodes: [identity], ...spec });
const shape = (...dims: number[]) => tensorOf('shape', 'INT64', [dims.length], BigInt64Array.from(dims, BigInt));
/** `y` has 2^30 elements, 4 GiB, however small `x` is. */
const large = (op: string, more: Partial<ModelSpec> = {}): Uint8Array =>
  buildModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2 ** 30] }],
    nodes: [{ op, inputs: ['x', 'shape'], outputs: ['y'] }],
    initializers: [shape(2 ** 30)],
    ...more,
  });

/** Bytes of a protobuf field that is a message or a text. */
function field(number: number, ...parts: (Uint8Array | string)[]): Uint8Array {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
  return Buffer.concat([Uint8Array.from([...varint((number << 3) | 2), ...varint(body.length)]), body]);
}

/** A file with so many nodes, written without making each of them. */
function manyNodes(count: number): Uint8Array {
  const node = field(1, field(1, 'x'), field(2, 'z'), field(4, 'Identity'));
  return Buffer.concat([model({}), field(7, Buffer.alloc(count * node.length, node))]);
}

/** Initialisers say their dims in field 1, and the bytes that they have in field 9. */
function initializer(dims: number[], bytes: number): Uint8Array {
  const dim = (value: number): Buffer => {
    const digits = [];
    for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
      const low = Number(rest & 127n);
      if (rest < 128n) return Buffer.from([8, ...digits, low]);
      digits.push(low | 128);
    }
  };
  const tensor = Buffer.concat([...dims.map(dim), Buffer.from([16, 1]), field(8, 'w'), field(9, Buffer.alloc(bytes))]);
  return Buffer.concat([buildModel({ ...io, nodes: [add] }), field(7, field(5, tensor))]);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x80;
  return copy;
}

const text = (name: string): Uint8Array =>
  buildModel({
    inputs: [{ name, datatype: 'FP32', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
    nodes: [{ op: 'Identity', inputs: [name], outputs: ['y'] }],
  });
/** Bytes that are no UTF-8, in the place of a name of as many. */
const notUtf8 = (): Uint8Array => {
  const bytes = Buffer.from(text('name'));
  for (let at = bytes.indexOf('name'); at !== -1; at = bytes.indexOf('name', at))
    bytes.set([0xff, 0xfe, 0xc0, 0x80], at);
  return bytes;
};

type Files = Readonly<Record<string, string | Uint8Array>>;
const [FP, RE] = ['FAILED_PRECONDITION', 'RESOURCE_EXHAUSTED'];
/** What is brought, what is refused, with which code, and what the sentence says. */
const refused: [string, Files, string, string, RegExp][] = [
  ['an empty file', { 'model.onnx': '' }, 'file', FP, /the model file is empty$/],
  ['text', { 'model.onnx': 'hello' }, 'file', FP, /is not an ONNX model/],
  ['random bytes', { 'model.onnx': Uint8Array.from({ length: 4_096 }, (_, i) => (i * 7919) & 255) }, 'file', FP, /./],
  ['a truncated file', { 'model.onnx': sampleModels.scale(2).subarray(0, 60) }, 'file', FP, /is not an ONNX model/],
  ['a file with one bit flipped', { 'model.onnx': flipped(sampleModels.scale(2), 1) }, 'file', FP, /./],
  ['no file at all', { 'readme.txt': '' }, 'file', FP, /model\.onnx: want an ONNX model here, found none$/],
  ['weights in ../', { 'model.onnx': external('../w') }, 'file', FP, /in the file "\.\.\/w", which need not be in/],
  ['weights in a/../../', { 'model.onnx': external('a/../../w') }, 'file', FP, /which need not be in the folder/],
  ['weights at an absolute path', { 'model.onnx': external('/etc/passwd') }, 'file', FP, /which need not be in/],
  [
    'weights that are not there',
    { 'model.onnx': external('w') },
    'file',
    FP,
    /^w: the model keeps weights here, found no/,
  ],
  ['weights of another size than their dims', { 'model.onnx': initializer([3], 4) }, 'load', FP, /cannot load it/],
  [
    'dims whose product overflows',
    { 'model.onnx': initializer([2 ** 32, 2 ** 32, 16], 4) },
    'load',
    FP,
    /cannot load it/,
  ],
  ['negative dims', { 'model.onnx': initializer([-4], 4) }, 'load', FP, /cannot load it/],
  [
    'an operator that nobody has',
    { 'model.onnx': sampleModels.unknownOperator() },
    'load',
    FP,
    /no operator Frobnicate/,
  ],
  [
    'an operator of a library of its own',
    {
      'model.onnx': model({
        domains: { 'com.evil': 1 },
        nodes: [{ ...identity, op: 'Run', domain: 'com.evil', attributes: { library: '/tmp/evil.so' } }],
        metadata: { ort_config: '{"session_options":{"custom_ops_library":"/tmp/evil.so"}}' },
      }),
    },
    'file',
    FP,
    /Run of the domain "com\.evil", which the runtime has not/,
  ],
  [
    'a graph that is compiled elsewhere, in a file',
    {
      'model.onnx': model({
        domains: { 'com.microsoft': 1 },
        nodes: [
          {
            ...identity,
            op: 'EPContext',
            domain: 'com.microsoft',
            attributes: { ep_cache_context: '/tmp/evil.so', embed_mode: 0n },
          },
        ],
      }),
    },
    'load',
    FP,
    /./,
  ],
  ['an operator set that is too new', { 'model.onnx': model({ opset: 99 }) }, 'file', FP, /operator set 99/],
  [
    'a million nodes',
    { 'model.onnx': manyNodes(1_000_000) },
    'file',
    RE,
    /has \d+ nodes or more; the limit is 100000$/,
  ],
  [
    'a name of 10 kB',
    { 'model.onnx': text('n'.repeat(10_000)) },
    'file',
    FP,
    /has 10000 characters; the limit is 1024$/,
  ],
  ['a name that is no UTF-8', { 'model.onnx': notUtf8() }, 'file', FP, /a name that cannot be used/],
  ['no outputs', { 'model.onnx': model({ outputs: [] }) }, 'file', FP, /no outputs/],
  [
    'an output twice',
    { 'model.onnx': model({ outputs: [vector('y'), vector('y')] }) },
    'file',
    FP,
    /two outputs called "y"/,
  ],
  [
    'settings that are none',
    { 'model.onnx': model({}), 'model.yaml': 'runLimitMs: soon' },
    'settings',
    FP,
    /runLimitMs/,
  ],
  [
    'a golden set that is none',
    { 'model.onnx': model({}), 'tests.yaml': 'tests: 1' },
    'settings',
    FP,
    /want a list of tests/,
  ],
];

const limits = { memoryBytesMax: 768 * MiB } as const;
const first = ({ findings: [worst] }: TrialReport) => worst && [worst.check, worst.code, worst.text];

describe('what a model file may be', () => {
  const reports: TrialReport[] = [];
  before(async () => {
    const jobs = await Promise.all(refused.map(async ([, files]) => ({ candidate: await versionFolder(files) })));
    // In one process, which is none the worse for any of them.
    await tryVersions(jobs, (report) => reports.push(report), { limits });
  });

  for (const [index, [what, , check, code, why]] of refused.entries())
    it(`${what} is refused`, () => {
      const { verdict, findings } = reports[index] as TrialReport;
      assert.deepEqual(
        [verdict, findings[0]?.check, findings[0]?.code],
        ['fail', check, code],
        JSON.stringify(findings),
      );
      assert.match(findings[0]?.text ?? '', why);
      assert.ok(!JSON.stringify(reports[index]).includes(tmpdir()), JSON.stringify(reports[index]));
    });

  it('a link, a hard link or a pipe is none of its files, wherever that leads', async () => {
    const outside = await versionFolder({ w: new Uint8Array(4) });
    const bringers: [string, (w: string) => Promise<unknown>, RegExp][] = [
      ['w', (w) => symlink('/etc/passwd', w), /^w: want a file, got a symbolic link$/],
      ['w', (w) => symlink(join(outside.folder, 'w'), w), /^w: want a file, got a symbolic link$/],
      ['w', (w) => link(join(outside.folder, 'w'), w), /^w: it is a hard link, which may be a file of somebody else/],
      [
        'a/w',
        (w) => mkdir(join(w, '..')).then(() => symlink('../model.onnx', w)),
        /^a\/w: want a file, got a symbolic/,
      ],
    ];
    for (const [path, bring, why] of bringers) {
      const candidate = await versionFolder({ 'model.onnx': external(path) });
      await bring(join(candidate.folder, path));
      const report = await tryVersion(candidate, { limits });
      assert.deepEqual(first(report)?.slice(0, 2), ['file', FP]);
      assert.match(first(report)?.[2] ?? '', why);
    }
    // Our own store holds files once and links them.
    const stored = await versionFolder({ 'model.onnx': external('w') });
    await link(join(outside.folder, 'w'), join(stored.folder, 'w'));
    const taken = await tryVersion({ ...stored, isLinked: true }, { limits });
    assert.deepEqual([taken.verdict, taken.findings], ['pass', []]);
  });

  it('a file that is too large is refused for that', async () => {
    const candidate = await versionFolder({ 'model.onnx': model({}), 'data.bin': new Uint8Array(2 ** 16) });
    const report = await tryVersion(candidate, { limits: { ...limits, sizeBytesMax: 2 ** 16 } });
    assert.deepEqual(first(report)?.slice(0, 2), ['file', RE]);
  });
});

describe('what a model may do when it runs', () => {
  it('for ever: it is ended at the limit of a run, and at that of a trial', async () => {
    const candidate = await versionFolder({ 'model.onnx': sampleModels.endlessLoop() });
    assert.deepEqual(first(await tryVersion(candidate, { limits: { runMsMax: 3_000 } })), [
      'time',
      FP,
      'it ends the process that loads it: a run passed its limit and cannot be stopped',
    ]);
    const late = await tryVersion(candidate, { limits: { timeMsMax: 3_000, runMsMax: 60_000 } });
    assert.deepEqual(first(late)?.slice(0, 2), ['time', FP]);
    assert.match(first(late)?.[2] ?? '', /^it was not done after 3000 ms, and was ended while /);
  });

  const takers: [string, Uint8Array][] = [
    ['ConstantOfShape', large('', { nodes: [{ op: 'ConstantOfShape', inputs: ['shape'], outputs: ['y'] }] })],
    ['Expand', large('Expand')],
    ['Tile', large('Tile')],
    ['Resize', large('Resize', { nodes: [{ op: 'Resize', inputs: ['x', '', '', 'shape'], outputs: ['y'] }] })],
  ];
  for (const [op, bytes] of takers)
    it(`to fill 4 GiB by ${op}: it ends within the limit of memory`, async () => {
      const report = await tryVersion(await versionFolder({ 'model.onnx': bytes }), {
        limits: { ...limits, outputBytesMax: 2 ** 40 },
      });
      assert.deepEqual(
        [report.verdict, ...(first(report) ?? []).slice(0, 2)],
        ['fail', 'memory', RE],
        JSON.stringify(report),
      );
    });

  it('to draw at random, or answer NaN: it is told, and is no danger', async () => {
    for (const [kind, steps] of Object.entries(rowMixing).filter(([name]) => /noise|draw|dropout/.test(name))) {
      const report = await tryVersion(await versionFolder({ 'model.onnx': chainModel([steps]) }), { limits });
      assert.deepEqual([report.verdict, report.findings[0]?.check], ['warn', 'determinism'], kind);
    }
    const log = buildModel({ ...io, nodes: [{ op: 'Log', inputs: ['x'], outputs: ['y'] }] });
    const report = await tryVersion(await versionFolder({ 'model.onnx': log }), { limits });
    assert.deepEqual([report.verdict, report.findings[0]?.check], ['warn', 'not-a-number']);
  });

  it('under names that JavaScript has already: they are names like others', async () => {
    const names = model({
      inputs: [vector('__proto__'), vector('constructor')],
      outputs: [vector('toString')],
      nodes: [{ op: 'Add', inputs: ['__proto__', 'constructor'], outputs: ['toString'] }],
    });
    const report = await tryVersion(await versionFolder({ 'model.onnx': names }), { limits });
    assert.deepEqual(
      [report.verdict, report.signature?.inputs.map(({ name }) => name)],
      ['pass', ['__proto__', 'constructor']],
    );
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  after(() => {
    // Whatever happened to the processes, none of their folders is left.
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith(`sheaf-trial-${process.pid}-`));
    assert.deepEqual(left, []);
  });
});

describe('the process of a trial', () => {
  it('reads nothing but the version and the packages, writes nothing, starts nothing and reaches nobody', async () => {
    const candidate = await versionFolder({ 'model.onnx': model({}), 'tests.yaml': '' });
    await writeFile(
      join(candidate.folder, 'tests.yaml'),
      'tests: [{ name: reads, inputs: { x: /etc/hostname }, expect: {} }]\n',
    );
    const report = await tryVersion(candidate, { limits });
    assert.match(first(report)?.[2] ?? '', /found no "\/etc\/hostname"$/);
  });
});
