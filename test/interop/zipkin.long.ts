/** Zipkin shows the trace of the postcode example as a whole. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort } from '@sheaf/supervisor';
import { waitFor } from '../support/wait-for.ts';
import { assertWhole, readOnePage } from './postcode-trace.ts';
import { cache } from './stock-tools.ts';

const jar = join(cache, 'zipkin/zipkin-server.jar');
const installed = existsSync(jar) && spawnSync('java', ['-version']).status === 0;
/** Where everything is required the test runs, and fails. */
const skip = installed || process.env['SHEAF_INTEROP'] === 'required' ? false : 'zipkin or java is not installed';

const startLimitMs = 120_000;

/** As GET /api/v2/traces has it. */
interface Span {
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind?: string;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Readonly<Record<string, string>>;
}

interface Zipkin extends AsyncDisposable {
  readonly endpoint: string;
  traces(): Promise<readonly (readonly Span[])[]>;
}

async function startZipkin(): Promise<Zipkin> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = spawn('java', ['-Xmx256m', '-jar', jar], {
    env: { PATH: '/usr/bin:/bin', QUERY_PORT: String(port), SERVER_ADDRESS: '127.0.0.1', STORAGE_TYPE: 'mem' },
    stdio: 'ignore',
  });
  const ended = once(process, 'exit');
  const answers = (path: string) => fetch(`${url}${path}`).catch(() => undefined);
  await waitFor(
    async () => (await answers('/health'))?.ok === true,
    () => 'of the start of Zipkin',
    startLimitMs,
  );
  return {
    endpoint: `${url}/api/v2/spans`,
    traces: async () => (await (await answers('/api/v2/traces?limit=10'))?.json()) as Span[][],
    [Symbol.asyncDispose]: async () => {
      process.kill('SIGKILL');
      await ended;
    },
  };
}

describe('the trace of the postcode example', { skip }, () => {
  it('is shown by Zipkin as a whole: each span below the one that asked for it, up to the call', async () => {
    await using zipkin = await startZipkin();
    await readOnePage({ OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: zipkin.endpoint });
    await waitFor(async () => (await zipkin.traces()).length > 0);
    const [spans = [], ...others] = await zipkin.traces();
    assert.deepEqual(others, []);
    assertWhole(
      spans.map(({ id, parentId = '', name, localEndpoint }) => ({
        ...{ id, parentId, name },
        service: localEndpoint.serviceName,
      })),
    );
    assert.ok(spans.every(({ tags }) => tags['otel.status_code'] !== 'ERROR'));
  });
});
