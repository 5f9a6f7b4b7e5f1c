import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

/** Says which packages of OpenTelemetry a process has loaded once it has its traces. */
const script = `
import { registerHooks } from 'node:module';
const seen = new Set();
registerHooks({ resolve: (name, context, next) => (name.startsWith('@opentelemetry/') && seen.add(name), next(name, context)) });
const { createTracing } = await import('@sheaf/telemetry');
await createTracing('test');
console.log(JSON.stringify([...seen]));
`;

function loadedWith(variables: Readonly<Record<string, string>>): readonly string[] {
  const env = { PATH: process.env['PATH'], ...variables };
  const args = ['--input-type=module', '-e', script];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: import.meta.dirname, env, encoding: 'utf8' }));
}

describe('the SDK of OpenTelemetry', () => {
  it('is loaded where spans are sent somewhere', () => {
    for (const variables of [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1' },
      { OTEL_TRACES_EXPORTER: 'console' },
    ])
      assert.ok(loadedWith(variables).includes('@opentelemetry/sdk-node'), JSON.stringify(variables));
  });

  it('is not loaded where they are not', () => {
    const address = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    for (const variables of [
      {},
      { ...address, OTEL_SDK_DISABLED: 'TRUE' },
      { ...address, OTEL_TRACES_EXPORTER: 'none' },
      { OTEL_TRACES_SAMPLER: 'always_on', OTEL_SERVICE_NAME: 'x' },
    ])
      assert.deepEqual(loadedWith(variables), [], JSON.stringify(variables));
  });
});
