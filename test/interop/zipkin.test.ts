/** Zipkin shows the trace of the postcode example as a whole. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { freePort, startMesh } from '@sheaf/supervisor';
import { createRemote } from '@sheaf/transport';
import { readPage } from '../../examples/postcode/read-page.ts';
import { programs } from '../support/programs.ts';
import { waitFor } from '../support/wait-for.ts';
import { cache, root } from './stock-tools.ts';

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

/** Reads one page by the example, whose processes send what they do to an address. */
async function readOnePage(endpoint: string): Promise<void> {
  const example = join(root, 'examples/postcode/');
  const { mesh, problems } = await readMesh(example);
  assert.ok(mesh, problems.map(formatProblem).join('\n'));
  const variables = { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: endpoint };
  Object.assign(process.env, variables);
  const running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} }).finally(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
  const gateway = createRemote(`127.0.0.1:${running.gateway.port}`, { service: 'gateway', limits: mesh.limits });
  try {
    await readPage(gateway, await readFile(`${example}pages/092.png`), '092.png');
  } finally {
    gateway.close();
    await running.stop();
  }
}

describe('the trace of the postcode example', { skip }, () => {
  it('is shown by Zipkin as a whole: each span below the one that asked for it, up to the call', async () => {
    await using zipkin = await startZipkin();
    // Every process has sent its spans when it has ended.
    await readOnePage(zipkin.endpoint);
    await waitFor(async () => (await zipkin.traces()).length > 0);
    const [spans = [], ...others] = await zipkin.traces();
    assert.deepEqual(others, []);
    const byId = new Map(spans.map((span) => [span.id, span]));
    assert.equal(byId.size, spans.length);
    const roots = spans.filter(({ parentId = '' }) => !byId.has(parentId));
    assert.deepEqual(
      roots.map(({ name, localEndpoint }) => [name, localEndpoint.serviceName]),
      [['gateway modelinfer', 'sheaf-gateway']],
    );
    const names = new Set(spans.map(({ name }) => name));
    for (const name of ['stage locate', 'stage crop', 'stage read', 'member cnn', 'member forest', 'member kernel'])
      assert.ok(names.has(name), `${name} in ${[...names].join(', ')}`);
    for (const span of spans.filter(({ name }) => name.startsWith('run ')))
      assert.match(byId.get(span.parentId ?? '')?.name ?? '', / modelinfer$/);
    assert.ok(spans.every(({ tags }) => tags['otel.status_code'] !== 'ERROR'));
  });
});
