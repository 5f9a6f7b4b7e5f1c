import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh } from '../support/mesh-folder.ts';
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';

const policies = `limits:
  - { name: burst, rate: 1/h, burst: 3 }
routes: { alias: { to: double } }
`;

describe('the trace of a refusal', () => {
  it('has what was refused and why, and what the limits and routes decided', async () => {
    using receiver = await startOtlpReceiver();
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.endpoint;
    let key = '';
    try {
      const files = { 'models/double': sampleModels.scale(2), 'policies.yaml': policies };
      await using mesh = await startTestMesh(files, async (folder) => {
        key = (await addKeys(folder, { acme: { tenant: 'acme' } })).acme;
      });
      using caller = new Caller(mesh.running.gateway.port);
      const own = { 'x-api-key': key };
      const asked: readonly [string, Record<string, string>][] = [
        ['double', {}],
        ['double', { 'x-api-key': 'bad' }],
        ['double', { ...own, 'x-tenant': 'other' }],
        ['nobody', own],
        ['alias', own],
        ['double', own],
        ['double', own],
      ];
      for (const [at, [model, metadata]] of asked.entries()) {
        const traceparent = `00-${String(at + 1).repeat(32)}-${'b'.repeat(16)}-01`;
        const told = await caller.infer(model, { ...metadata, traceparent });
        assert.equal(told.trailers.get('x-trace-id'), String(at + 1).repeat(32));
      }
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    }
    // Every process has flushed its spans on the way out.
    const roots = receiver.spans.filter(({ name }) => name === 'gateway ModelInfer');
    const seen = (call: number) => {
      const { attributes, traceId } = roots.find((span) => span.traceId.startsWith(String(call))) as ReceivedSpan;
      const behind = receiver.spans.some((span) => span.traceId === traceId && span.name.startsWith('double '));
      const words = [
        'rpc.grpc.status',
        'sheaf.refused',
        'sheaf.decision',
        'sheaf.limits',
        'sheaf.limits.taken',
        'sheaf.route',
      ];
      const told = words.flatMap((word) => (word in attributes ? [`${word}=${attributes[word]}`] : []));
      return [...told, behind ? 'reached the model' : 'reached no model'].join(' ').replaceAll(/;t=\d+/g, '');
    };
    assert.equal(roots.length, 7);
    const identity = 'sheaf.decision=identity reached no model';
    assert.equal(seen(1), `rpc.grpc.status=UNAUTHENTICATED sheaf.refused=CREDENTIALS_MISSING ${identity}`);
    assert.equal(seen(2), `rpc.grpc.status=UNAUTHENTICATED sheaf.refused=TOKEN_INVALID ${identity}`);
    assert.equal(seen(3), `rpc.grpc.status=PERMISSION_DENIED sheaf.refused=TENANT_MISMATCH ${identity}`);
    const taken = 'sheaf.limits.taken=true';
    assert.equal(
      seen(4),
      `rpc.grpc.status=NOT_FOUND sheaf.refused=MODEL_NOT_FOUND sheaf.limits="burst";r=2 ${taken} reached no model`,
    );
    assert.equal(
      seen(5),
      `rpc.grpc.status=OK sheaf.limits="burst";r=1 ${taken} sheaf.route=alias -> double reached the model`,
    );
    assert.equal(seen(6), `rpc.grpc.status=OK sheaf.limits="burst";r=0 ${taken} reached the model`);
    assert.equal(
      seen(7),
      'rpc.grpc.status=RESOURCE_EXHAUSTED sheaf.refused=RATE_LIMITED sheaf.decision=limit:burst sheaf.limits="burst";r=0 sheaf.limits.taken=false reached no model',
    );
    assert.ok(!JSON.stringify(receiver.spans, (_, value) => (typeof value === 'bigint' ? '' : value)).includes(key));
  });
});
