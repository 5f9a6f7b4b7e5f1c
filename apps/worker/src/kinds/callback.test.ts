import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { JobRecord, Outcome } from '@sheaf/jobs';
import { signWebhook } from '@sheaf/registry';
import type { HeldLease } from '../lane/held-lease.ts';
import { callbackJobs } from './callback.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const told = { id: 'j1', subject: 'digits', version: '3', state: 'succeeded', endedAt: 0, resultBytes: 9 } as JobRecord;

/** Tells a receiver that answers with `status`. */
async function tell(status: number, { hosts = ['127.0.0.1'], isPrivate = true, attempt = 1 } = {}) {
  const received: { readonly id: string; readonly signature: string; readonly at: number; readonly body: string }[] =
    [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers;
    received.push({ id: String(id), at: Number(at), signature: String(signature), body });
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/done`;
  const perform = callbackJobs({
    jobs: { get: async () => told },
    callbacks: { hosts, isPrivate, secret: { env: 'X' } },
    secret: () => secret,
    now: () => 10_000,
    retryMs: [5, 30],
  });
  const job = { id: 'c1', attempt, attemptsMax: 12 } as JobRecord;
  const payload = Buffer.from(JSON.stringify({ job: 'j1', url }));
  const outcome: Outcome = await perform({ lease: { job, payload } } as unknown as HeldLease);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { outcome, received };
}

describe('a call-back', () => {
  it('tells which job has ended and how, signed, and nothing of its result', async () => {
    const { outcome, received } = await tell(200);
    assert.equal(outcome.kind, 'succeeded');
    const [{ id, at, signature, body } = { id: '', at: 0, signature: '', body: '' }] = received;
    assert.equal(signature, signWebhook(secret, id, at, body)['webhook-signature']);
    assert.deepEqual(JSON.parse(body), {
      type: 'job.succeeded',
      timestamp: '1970-01-01T00:00:00.000Z',
      data: { job: 'j1', state: 'succeeded', result_bytes: 9 },
    });
  });

  it('that nobody takes is sent again later, and follows no redirect', async () => {
    for (const status of [500, 302]) {
      const { outcome, received } = await tell(status);
      assert.equal(outcome.kind === 'failed' && outcome.retryAt, 10_005);
      assert.equal(received.length, 1);
    }
    const { outcome } = await tell(500, { attempt: 9 });
    assert.equal(outcome.kind === 'failed' && outcome.retryAt, 10_030);
  });

  it('goes to no host that is not listed, nor to an address that is not public', async () => {
    const refused = await tell(200, { hosts: ['hooks.example.com'] });
    assert.equal(refused.outcome.kind === 'failed' && refused.outcome.error.reason, 'CALLBACK_NOT_ALLOWED');
    const hidden = await tell(200, { isPrivate: false });
    assert.match((hidden.outcome.kind === 'failed' && hidden.outcome.error.message) || '', /not public/);
    assert.deepEqual([...refused.received, ...hidden.received], []);
  });
});
