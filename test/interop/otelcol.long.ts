/** The collector of OpenTelemetry takes the metrics of a mesh over each protocol of OTLP, and has the numbers that callers have seen. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { freePort } from '@sheaf/supervisor';
import { Caller } from '../support/caller.ts';
import { startTestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { cache } from './stock-tools.ts';

const program = join(cache, 'bin/otelcol');
/** Where everything is required the test runs, and fails. */
const skip = existsSync(program) || process.env['SHEAF_INTEROP'] === 'required' ? false : 'otelcol is not installed';

/** One number of one process, as the collector prints it. */
interface Point {
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of a histogram how many values it has. */
  readonly value: number;
}

/** Reads what the exporter `debug` prints in detail, the last of each number. */
function pointsIn(printed: string): readonly Point[] {
  const last = new Map<string, Point>();
  let [service, name, unit, type] = ['', '', '', ''];
  let attributes: Record<string, string> = {};
  let isOfResource = false;
  for (const line of printed.split('\n')) {
    const [, key = '', text = ''] = /^ {5}-> ([^:]+): (.*)$/.exec(line) ?? [];
    const plain = /^Str\((.*)\)$/.exec(text)?.[1] ?? text;
    if (/^Resource attributes:/.test(line)) isOfResource = true;
    else if (/^Descriptor:/.test(line)) [isOfResource, name, unit, type] = [false, '', '', ''];
    else if (/DataPoints #\d+$/.test(line)) attributes = {};
    else if (isOfResource && key === 'service.name') service = plain;
    else if (key === 'Name') name = plain;
    else if (key === 'Unit') unit = plain;
    else if (key === 'DataType') type = plain;
    else if (key !== '') attributes[key] = plain;
    const [, value] = /^(?:Value|Count): (\S+)$/.exec(line) ?? [];
    if (value === undefined) continue;
    const point = { service, name, unit, type, attributes, value: Number(value) };
    last.set(JSON.stringify([service, name, attributes]), point);
  }
  return [...last.values()];
}

async function startCollector() {
  const [grpc = 0, http = 0] = await Promise.all([freePort(), freePort()]);
  const config = {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `127.0.0.1:${http}` } } },
    },
    exporters: { debug: { verbosity: 'detailed' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['otlp'], exporters: ['debug'] } },
    },
  };
  const child = spawn(program, ['--config', `yaml:${JSON.stringify(config)}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk));
  const ended = once(child, 'exit');
  await waitFor(
    () => printed.includes('Everything is ready'),
    () => printed,
  );
  return {
    ports: { grpc, http },
    printed: () => printed,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const calls = 5;

/** Asks a mesh so often, whose processes send their last numbers when they end. */
async function askMesh(variables: Readonly<Record<string, string>>): Promise<void> {
  Object.assign(process.env, variables);
  try {
    await using mesh = await startTestMesh({ 'models/double': sampleModels.scale(2) });
    using caller = new Caller(mesh.running.gateway.port);
    for (let call = 0; call < calls; call++) assert.equal((await caller.infer('double')).code, 'OK');
    assert.equal((await caller.infer('nobody')).code, 'NOT_FOUND');
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

describe('the metrics of a mesh at the collector of OpenTelemetry', { skip }, () => {
  for (const [protocol, server] of [
    ['grpc', 'grpc'],
    ['http/protobuf', 'http'],
    ['http/json', 'http'],
  ] as const)
    it(`are what callers have seen, by ${protocol}`, async () => {
      await using collector = await startCollector();
      await askMesh({
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.ports[server]}`,
        OTEL_TRACES_EXPORTER: 'none',
      });
      const found = (name: string, attributes: Readonly<Record<string, string>>): Point[] =>
        pointsIn(collector.printed()).filter(
          (point) =>
            point.name === name && Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
        );
      const told = (points: readonly Point[]): unknown[] =>
        points.map(({ service, unit, type, value }) => [service, unit, type, value]);
      const answered = { model: 'double', outcome: 'answered' };
      await waitFor(
        () =>
          found('sheaf_requests', answered).length > 0 && found('nv_inference_count', { model: 'double' }).length > 0,
        () => collector.printed().slice(-2_000),
      );
      assert.deepEqual(told(found('sheaf_requests', answered)), [['sheaf-gateway', '', 'Sum', calls]]);
      assert.deepEqual(told(found('sheaf_requests', { model: '_OTHER' })), [['sheaf-gateway', '', 'Sum', 1]]);
      assert.deepEqual(told(found('sheaf_request_duration', answered)), [['sheaf-gateway', 's', 'Histogram', calls]]);
      assert.deepEqual(told(found('nv_inference_count', { model: 'double' })), [['sheaf-double', '', 'Sum', calls]]);
      const codes = { 'rpc.system.name': 'grpc', 'rpc.response.status_code': 'OK' };
      assert.deepEqual(told(found('rpc.server.call.duration', codes)), [['sheaf-gateway', 's', 'Histogram', calls]]);
      assert.match(collector.printed(), /AggregationTemporality: Cumulative/);
    });
});
