/** Every line of what a model file may do to whoever loads it: it ends in the trial, as one sentence with the right code, and the process that asked for it goes on. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TrialReport } from '@sheaf/inference';
import { chainModel, rowMixing, sampleModels } from '@sheaf/onnx/testing';
import { external, FP, large, model, RE, refused, vector } from './testing/bad-model-files.ts';
import { versionFolder } from './testing/version-folder.ts';
import { tryVersion, tryVersions } from './try-version.ts';

const MiB = 2 ** 20;
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
    const log = model({ nodes: [{ op: 'Log', inputs: ['x'], outputs: ['y'] }] });
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
