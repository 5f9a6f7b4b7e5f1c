import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialReport } from '@sheaf/inference';
import { tensorOf } from '@sheaf/inference';
import { goldenExample } from '@sheaf/mesh';
import { buildModel, chainModel, rowMixing, rowWise, sampleModels } from '@sheaf/onnx/testing';
import { versionFolder } from './testing/version-folder.ts';
import { tryVersion, tryVersions } from './try-version.ts';

const told = ({ findings }: TrialReport): string[] =>
  findings.map(({ level, check, text }) => `${level} ${check}: ${text}`);

const noise = chainModel([rowMixing['noise like its input'] as NonNullable<(typeof rowMixing)[string]>]);

describe('a version that is tried', () => {
  it('passes where nothing is wrong with it, with all that was found out', async () => {
    const report = await tryVersion(await versionFolder({ 'model.onnx': sampleModels.scale(2) }));
    assert.deepEqual([report.verdict, report.findings, report.name, report.version], ['pass', [], 'm', '1']);
    assert.deepEqual(report.signature, report.declared);
    assert.deepEqual(report.signature?.inputs, [
      { name: 'x', datatype: 'FP32', shape: [-1, 2], symbols: ['batch', ''] },
    ]);
    assert.equal(report.batching?.batched, true);
    assert.match(report.batching?.text ?? '', /^batched: its rows are independent/);
    assert.equal(report.sizeBytes, sampleModels.scale(2).byteLength);
    assert.ok((report.memoryBytes ?? 0) > 2 ** 24 && (report.loadMs ?? 0) > 0);
    // It is stored, sent and shown as it is.
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

  it('warns of chance, of NaN, and of what the file declares otherwise', async () => {
    const random = await tryVersion(await versionFolder({ 'model.onnx': noise }));
    assert.equal(random.verdict, 'warn');
    assert.match(told(random)[0] ?? '', /^warn determinism: output "y" is another when the same call is made again/);
    const root = buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 9] }],
      nodes: [{ op: 'Sqrt', inputs: ['x'], outputs: ['y'] }],
    });
    const untrue = await tryVersion(await versionFolder({ 'model.onnx': root }));
    assert.equal(untrue.verdict, 'warn');
    assert.match(told(untrue).join('\n'), /^warn not-a-number: output "y" is NaN or infinite for \d+ of 64 inputs/m);
    assert.match(told(untrue).join('\n'), /^note declared: output "y" is declared as \[-1,9\] and is \[-1,4\]$/m);
    assert.deepEqual(
      [untrue.declared?.outputs[0]?.shape, untrue.signature?.outputs[0]?.shape],
      [
        [-1, 9],
        [-1, 4],
      ],
    );
  });

  it('is as strict as its policy', async () => {
    const candidate = await versionFolder({ 'model.onnx': noise });
    const { trialPolicy } = await import('./policy.ts');
    const report = await tryVersion(candidate, {
      policy: { levels: { ...trialPolicy.levels, determinism: 'fail' } },
    });
    assert.deepEqual([report.verdict, report.findings[0]?.code], ['fail', 'FAILED_PRECONDITION']);
  });

  it('has its golden set run, and its mistakes told with their place', async () => {
    const model = sampleModels.classifier([0.5, 1]);
    const golden = `tests:
  - name: adds its row
    inputs: { x: [[1, 2]] }
    expect: { outputs: { probabilities: [[1.5, 3]] } }
  - name: refuses three classes
    inputs: { x: [[1, 2, 3]] }
    expect: { refused: { code: INVALID_ARGUMENT, message: 'want 2, got 3' } }
  - name: reads a file
    inputs: { x: x.json }
    expect: { outputs: { probabilities: [[0.4, 1.2]] }, tolerance: 0.2 }
`;
    const files = { 'model.onnx': model, 'x.json': '[[0, 0]]' };
    const good = await tryVersion(await versionFolder({ ...files, 'tests.yaml': golden }));
    assert.deepEqual([good.golden, good.verdict, good.findings], [{ tests: 3, failed: 0 }, 'pass', []]);
    const bad = await tryVersion(await versionFolder({ ...files, 'tests.yaml': golden.replace('1.5, 3', '1.5, 4') }));
    assert.deepEqual([bad.golden, bad.verdict], [{ tests: 3, failed: 1 }, 'fail']);
    assert.match(
      told(bad)[0] ?? '',
      /^fail golden: tests\.yaml: adds its row: output probabilities\[0\]\[1\]: want 4, got 3/,
    );
    const wrong = golden
      .replace('inputs: { x: x.json }', 'inputs: { z: [1] }')
      .replace('{ x: [[1, 2, 3]] }', '{ x: ../x }');
    assert.deepEqual(told(await tryVersion(await versionFolder({ ...files, 'tests.yaml': wrong }))), [
      'fail settings: tests.yaml:6: tests.1.inputs.x: want a file, from the folder of the test; found no "../x"',
      'fail settings: tests.yaml:9: tests.2.inputs.z: there is no input "z"; the inputs are x',
    ]);
  });

  it('has the golden set of the reference page run', async () => {
    const model = buildModel({
      inputs: [{ name: 'measures', datatype: 'FP32', shape: ['n', 4] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: ['n', 3] }],
      nodes: [{ op: 'MatMul', inputs: ['measures', 'w'], outputs: ['probabilities'] }],
      initializers: [tensorOf('w', 'FP32', [4, 3], new Float32Array(12))],
    });
    const report = await tryVersion(await versionFolder({ 'model.onnx': model, 'tests.yaml': goldenExample }));
    assert.deepEqual([report.golden, report.findings[0]?.check], [{ tests: 2, failed: 1 }, 'golden']);
  });

  it('is compared with the current version, by turns in one process', async () => {
    const steps = Array<NonNullable<(typeof rowWise)[string]>>(60).fill(rowWise['softmax'] as never);
    const [current, slow] = [chainModel(steps.slice(0, 1)), chainModel(steps)];
    const against = await versionFolder({ 'model.onnx': current }, 'm', '1');
    const same = await tryVersion(await versionFolder({ 'model.onnx': current }, 'm', '2'), { against });
    assert.deepEqual([same.verdict, same.findings.filter(({ check }) => check !== 'speed')], ['pass', []]);
    assert.deepEqual(same.against?.outputs, [
      { output: 'y', compared: 64, agreement: 1, sameLargest: 1, differenceMax: 0, differenceMean: 0 },
    ]);
    assert.deepEqual([same.against?.version, same.against?.breaking, same.against?.sizeRatio], ['1', [], 1]);
    const other = await tryVersion(await versionFolder({ 'model.onnx': slow }, 'm', '2'), { against });
    assert.ok((other.against?.timeRatio ?? 0) > (same.against?.timeRatio ?? 9), JSON.stringify(other.against));
    assert.match(
      told(other).join('\n'),
      /^note answers: output "y" is another than that of m\/1 for \d+ of 64 inputs/m,
    );
    assert.match(told(other).join('\n'), /^warn size: its files take [\d.]+ times the bytes of those of m\/1$/m);
    const unlike = await versionFolder({ 'model.onnx': sampleModels.add() }, 'm', '2');
    const broken = await tryVersion(unlike, { against });
    assert.deepEqual(
      told(broken).filter((line) => line.startsWith('warn')),
      [
        'warn signature: it cannot stand in for m/1: input "x" is gone, and callers send it',
        'warn signature: it cannot stand in for m/1: input "a" is new, and no caller sends it',
        'warn signature: it cannot stand in for m/1: input "b" is new, and no caller sends it',
        'warn signature: it cannot stand in for m/1: output "y" was [?, 4] and is [?, 2]',
      ],
    );
    assert.deepEqual([broken.against?.pairs, broken.against?.timeRatio], [0, undefined]);
  });

  it('may use several threads, where sums may come out otherwise', async () => {
    const weights = Float32Array.from({ length: 512 * 512 }, (_, index) => Math.sin(index));
    const model = buildModel({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 512] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 512] }],
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [tensorOf('w', 'FP32', [512, 512], weights)],
    });
    const report = await tryVersion(await versionFolder({ 'model.onnx': model, 'model.yaml': 'intraOpThreads: 2\n' }));
    assert.deepEqual([report.verdict, report.findings], ['pass', []]);
  });

  it('does not take those after it with it, and may have been taken along by those before', async () => {
    const good = await versionFolder({ 'model.onnx': sampleModels.scale(2) }, 'good');
    const bad = await versionFolder({ 'model.onnx': sampleModels.endlessLoop() }, 'bad');
    const reports: string[] = [];
    const jobs = [good, bad, good].map((candidate) => ({ candidate }));
    await tryVersions(jobs, ({ name, verdict }, index) => reports.push(`${index} ${name} ${verdict}`), {
      limits: { runMsMax: 3_000 },
    });
    assert.deepEqual(reports, ['0 good pass', '1 bad fail', '2 good pass']);
  });

  it('is given up when nobody waits for it any more', async () => {
    const endless = await versionFolder({ 'model.onnx': sampleModels.endlessLoop() });
    const aborter = new AbortController();
    const trial = tryVersion(endless, { signal: aborter.signal });
    setTimeout(() => aborter.abort(), 50);
    await assert.rejects(trial, { name: 'AbortError' });
  });
});
