/** What a model or a transform that somebody brought finds in the process that it runs in: an empty folder, and nothing of whoever started the mesh. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { childrenOf, skipWithoutProc } from '../support/listening.ts';
import { writeFolder } from '../support/mesh-folder.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type RunningCommand, startSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';

/** Answers its environment, as text. */
const looks = `import { defineTransform } from '@sheaf/inference';
export default defineTransform(
  { inputs: { x: { datatype: 'FP32', shape: ['n', 2] } }, outputs: { seen: { datatype: 'BYTES', shape: [1] } } },
  async () => ({ seen: { shape: [1], data: [new TextEncoder().encode(JSON.stringify(process.env))] } }),
);
`;
const files = {
  'models/double': sampleModels.scale(2),
  'looks.ts': looks,
  'pipelines/look.yaml': `pipeline: look
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages:
  twice: { model: double, inputs: { x: x } }
  looked: { transform: ./looks.ts, inputs: { x: twice.y } }
outputs: { seen: looked.seen }
`,
  'mesh.yaml': 'services: { looks: { transforms: [looks], env: [ITS_OWN_KEY] } }\n',
};
const secrets = {
  SHEAF_API_KEY: 'sheaf_operator_key',
  REDIS_URL: 'redis://:redis-password@127.0.0.1:1',
  AWS_SECRET_ACCESS_KEY: 'cloud-key',
  OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=collector-key',
  https_proxy: 'http://user:proxy-password@127.0.0.1:1',
};
const values = ['sheaf_operator_key', 'redis-password', 'cloud-key', 'collector-key'];
const request = {
  model_name: 'look',
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'] }],
  raw_input_contents: [Buffer.from(Float32Array.of(1, 2).buffer)],
};

describe('a process of a mesh', { skip: skipWithoutProc }, () => {
  let folder: string;
  let operators: string;
  let receiver: OtlpReceiver;
  let mesh: RunningCommand;
  let pids: readonly number[];
  let ended = false;
  const pidOf = (name: string): number =>
    Number(new RegExp(`^${name} is ready, pid (\\d+)`, 'm').exec(mesh.output())?.[1]);
  const environmentOf = (pid: number): string => readFileSync(`/proc/${pid}/environ`, 'utf8');
  const placeOf = (pid: number): string => readlinkSync(`/proc/${pid}/cwd`);
  before(async () => {
    receiver = await startOtlpReceiver();
    folder = await writeFolder(files);
    operators = await mkdtemp(join(tmpdir(), 'sheaf-operator-'));
    await writeFile(join(operators, 'credentials'), 'secret');
    const env = { ...process.env, ...secrets, ITS_OWN_KEY: 'its-own', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    mesh = startSheaf(['up', folder, '--port', '0'], operators, { env });
    await waitFor(() => mesh.output().includes('the mesh is up'), mesh.output, 60_000);
    pids = childrenOf(mesh.pid);
    assert.equal(pids.length, 3, mesh.output());
  });
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    mesh.kill('SIGTERM');
    assert.equal((await mesh.ended).code, 0, mesh.output());
  };
  after(async () => {
    await end();
    receiver[Symbol.dispose]();
    await rm(folder, { recursive: true });
    await rm(operators, { recursive: true });
  });

  it('has no secret of the operator in its environment or its arguments, nor has that of a transform', () => {
    const transforms = childrenOf(pidOf('looks'));
    assert.equal(transforms.length, 1);
    for (const pid of [...pids, ...transforms])
      for (const value of [...values, 'proxy-password'].slice(0, pid === pidOf('gateway') ? values.length : undefined))
        for (const seen of [environmentOf(pid), readFileSync(`/proc/${pid}/cmdline`, 'utf8')])
          assert.ok(!seen.includes(value), `${pid} has ${value}\n${mesh.output()}`);
  });

  it('has what mesh.yaml names for its service, and no other has', () => {
    const transforms = childrenOf(pidOf('looks'));
    const having = [...pids, ...transforms].filter((pid) => environmentOf(pid).includes('ITS_OWN_KEY=its-own'));
    assert.deepEqual(having, [pidOf('looks'), ...transforms]);
  });

  it('shows its code no more than that', async () => {
    using client = new StockClient(Number(/gRPC on \S+:(\d+);/.exec(mesh.output())?.[1]));
    const { code, error, reply } = await client.call('ModelInfer', request);
    assert.equal(code, 'OK', `${error?.details}`);
    const seen = String((reply['raw_output_contents'] as Buffer[])[0]?.subarray(4));
    for (const value of [...values, 'proxy-password']) assert.ok(!seen.includes(value), seen);
    assert.equal(JSON.parse(seen).ITS_OWN_KEY, 'its-own');
  });

  it('sends its traces with the headers that the collector wants', async () => {
    await waitFor(
      () => receiver.keys.size === 3,
      () => [...receiver.keys.keys()].join(),
    );
    assert.deepEqual([...receiver.keys.values()], Array(3).fill('collector-key'));
  });

  it('works, as a service, in an empty folder of its own that nobody else may open, also when it is started again', async () => {
    const services = (): number[] => childrenOf(mesh.pid).filter((pid) => pid !== pidOf('gateway'));
    const first = services().map(placeOf);
    process.kill(pidOf('double'), 'SIGKILL');
    await waitFor(() => mesh.output().includes('double is ready again'), mesh.output);
    const places = services().map(placeOf);
    assert.equal(new Set([...places, ...first, operators, folder]).size, 5);
    for (const place of places) {
      assert.deepEqual(readdirSync(place), []);
      assert.equal(statSync(place).mode & 0o777, 0o700);
    }
    assert.deepEqual(first.filter(existsSync).length, 1, 'that of the process which has ended is left');
    await end();
    assert.deepEqual([...first, ...places].filter(existsSync), []);
  });
});
