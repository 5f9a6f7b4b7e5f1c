import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import type { Principal } from '@sheaf/inference';
import { Admissions, type Admit } from './admission.ts';

const alice: Principal = {
  id: 'key:a',
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  claims: {},
};

class FakeStream {
  destroyed = false;
  closed = false;
  listeners: (() => void)[] = [];
  once(_event: 'close', listener: () => void): void {
    this.listeners.push(listener);
  }
  close(): void {
    this.closed = true;
    for (const listener of this.listeners) listener();
  }
}

async function authenticate(admit: Admit, headers: IncomingHttpHeaders = {}, stream = new FakeStream()) {
  const admissions = new Admissions(admit);
  const http2Stream = stream as unknown as ServerHttp2Stream;
  const entry = await admissions.authenticate(http2Stream, headers, undefined);
  if ('principal' in entry) admissions.vouch(http2Stream, headers, { ...entry, facts: undefined });
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, String(value));
  return { refused: 'error' in entry ? entry : undefined, stream, principal: () => admissions.principalOf(metadata) };
}

describe('an admission', () => {
  it('tells a handler on whose behalf its call is, until the call has ended', async () => {
    for (const admit of [() => alice, async () => alice]) {
      const { refused, stream, principal } = await authenticate(admit);
      assert.equal(refused, undefined);
      assert.equal(principal(), alice);
      stream.close();
      assert.equal(principal(), undefined);
    }
  });

  it('leaves nothing behind of a caller that left while it was looked at', async () => {
    const stream = new FakeStream();
    const { refused, principal } = await authenticate(
      async () => {
        stream.close();
        return alice;
      },
      {},
      stream,
    );
    assert.match(String((refused?.error as Error | undefined)?.message), /has left/);
    assert.equal(principal(), undefined);
    assert.equal(stream.listeners.length, 0);
  });

  it('believes nothing of what only a gateway may say, nor another tenant', async () => {
    const headers: IncomingHttpHeaders = {
      'x-sheaf-ticket': '1',
      'x-gw-tenant': 'b',
      'x-tenant': 'acme',
      'x-channel': 'phone',
    };
    const { principal } = await authenticate(() => alice, headers);
    assert.deepEqual(Object.keys(headers), ['x-channel', 'x-sheaf-ticket']);
    assert.equal(principal(), alice);
    const { refused } = await authenticate(() => alice, { 'x-tenant': 'other' });
    assert.match(String((refused?.error as Error | undefined)?.message), /want the tenant of the credential/);
  });

  it('lets whoever has no role say what it likes: nothing of a tenant is open to it', async () => {
    const { refused } = await authenticate(() => ({ ...alice, tenant: 'anonymous', roles: [] }), {
      'x-tenant': 'acme',
    });
    assert.equal(refused, undefined);
  });
});
