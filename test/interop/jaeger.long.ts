/** Jaeger takes the trace of the postcode example over each protocol of OTLP, and shows it as a whole. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort } from '@sheaf/supervisor';
import { waitFor } from '../support/wait-for.ts';
import { assertWhole, readOnePage, type ShownSpan } from './postcode-trace.ts';
import { cache } from './stock-tools.ts';

const program = join(cache, 'bin/jaeger');
/** Where everything is required the test runs, and fails. */
const skip = existsSync(program) || process.env['SHEAF_INTEROP'] === 'required' ? false : 'jaeger is not installed';

/** As GET /api/traces has it. */
interface Trace {
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly processID: string;
    readonly references: readonly { readonly refType: string; readonly spanID: string }[];
    readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

interface Jaeger extends AsyncDisposable {
  /** By the kind of server. */
  readonly ports: Readonly<Record<'grpc' | 'http', number>>;
  traces(): Promise<readonly Trace[]>;
}

async function startJaeger(): Promise<Jaeger> {
  const [grpc = 0, http = 0, query = 0, ...others] = await Promise.all(Array.from({ length: 11 }, freePort));
  const places = {
    'collector.otlp.grpc.host-port': grpc,
    'collector.otlp.http.host-port': http,
    'query.http-server.host-port': query,
    'query.grpc-server.host-port': others[0],
    'admin.http.host-port': others[1],
    'collector.grpc-server.host-port': others[2],
    'collector.http-server.host-port': others[3],
    'http-server.host-port': others[4],
    'processor.jaeger-compact.server-host-port': others[5],
    'processor.jaeger-binary.server-host-port': others[6],
    'processor.zipkin-compact.server-host-port': others[7],
  };
  const args = Object.entries(places).map(([name, port]) => `--${name}=127.0.0.1:${port}`);
  const child = spawn(program, [...args, '--collector.otlp.enabled=true'], {
    env: { SPAN_STORAGE_TYPE: 'memory' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (told += chunk));
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${query}/api/traces?service=sheaf-gateway`;
  const answer = () => fetch(url).catch(() => undefined);
  await waitFor(
    async () => (await answer())?.ok === true,
    () => told.slice(-2_000),
    120_000,
  );
  return {
    ports: { grpc, http },
    traces: async () => {
      const told = (await (await answer())?.json()) as { readonly data: readonly Trace[] } | undefined;
      return told?.data ?? [];
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const spansOf = ({ spans, processes }: Trace): ShownSpan[] =>
  spans.map(({ spanID, operationName, processID, references }) => ({
    id: spanID,
    parentId: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID ?? '',
    name: operationName,
    service: processes[processID]?.serviceName ?? '',
  }));

describe('the trace of the postcode example in Jaeger', { skip }, () => {
  for (const [protocol, server] of [
    ['grpc', 'grpc'],
    ['http/protobuf', 'http'],
    ['http/json', 'http'],
  ] as const)
    it(`is whole by ${protocol}`, async () => {
      await using jaeger = await startJaeger();
      await readOnePage({
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${jaeger.ports[server]}`,
        OTEL_METRICS_EXPORTER: 'none',
      });
      await waitFor(async () => (await jaeger.traces()).length > 0);
      const [trace, ...others] = await jaeger.traces();
      assert.deepEqual(others, []);
      assert.ok(trace);
      assertWhole(spansOf(trace));
      const errors = trace.spans.filter(({ tags }) => tags.some(({ key, value }) => key === 'error' && value === true));
      assert.deepEqual(errors, []);
    });
});
