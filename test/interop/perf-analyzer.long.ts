/** Triton's perf_analyzer asks a mesh, and reads from ModelStatistics what the mesh has counted meanwhile. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { cache } from './stock-tools.ts';

const perf = join(cache, 'perf');
const program = join(perf, 'tritonclient-2.49.0.data/data/bin/perf_analyzer');
const env = { ...process.env, LD_LIBRARY_PATH: join(perf, 'nvidia/cuda_runtime/lib') };
const installed = spawnSync(program, ['--version'], { env }).status === 0;
const skip =
  installed || process.env['SHEAF_INTEROP'] === 'required' ? false : 'perf_analyzer or libb64-0d is not installed';

const atOnce = 4;
const limitMs = 240_000;

const pipeline = `pipeline: twice
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages: { once: { model: double, inputs: { x: x } }, again: { model: double, inputs: { x: once.y } } }
outputs: { y: again.y }
`;

describe('perf_analyzer', { skip }, () => {
  let mesh: TestMesh;
  let folder: string;
  before(async () => {
    mesh = await startTestMesh({ 'models/double': sampleModels.scale(2), 'pipelines/twice.yaml': pipeline });
    folder = await mkdtemp(join(tmpdir(), 'sheaf-perf-'));
  });
  after(async () => {
    await mesh?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Windows of so many requests, however long they take and however they differ; answers the columns of its report by their names. */
  async function measure(model: string): Promise<ReadonlyMap<string, number>> {
    const report = join(folder, `${model}.csv`);
    const args = [
      ...['-i', 'grpc', '-u', `127.0.0.1:${mesh.running.gateway.port}`, '-m', model, '--shape', 'x:1,2'],
      ...['--concurrency-range', String(atOnce), '--measurement-mode', 'count_windows'],
      ...['--measurement-request-count', '200', '-s', '100000', '-f', report, '--verbose-csv'],
    ];
    const output = await new Promise<string>((resolve) => {
      execFile(program, args, { env, timeout: limitMs }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    const [head = '', row = ''] = (await readFile(report, 'utf8').catch(() => assert.fail(output))).split('\n');
    const values = row.split(',');
    return new Map(head.split(',').map((name, index) => [name, Number(values[index])]));
  }

  for (const model of ['double', 'twice'])
    it(`measures ${model}, and what the server has counted fits what the client has seen`, async () => {
      const report = await measure(model);
      const column = (name: string): number => report.get(name) ?? Number.NaN;
      const parts = ['Server Queue', 'Server Compute Input', 'Server Compute Infer', 'Server Compute Output'];
      const told = [...report].map(([name, value]) => `${name} ${value}`).join(', ');
      assert.ok(column('Inferences/Second') > 0, told);
      const server = parts.reduce((total, name) => total + column(name), 0);
      assert.ok(server > 0 && server <= column('Avg latency'), told);
    });
});
