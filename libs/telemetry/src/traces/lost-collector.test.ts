/** A collector that refuses, hangs, is full or not there costs spans, which are counted, and nothing else. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { Journal } from '@sheaf/inference';
import { createTracing } from './tracing.ts';

interface Listening extends AsyncDisposable {
  readonly endpoint: string;
}

async function collector(answer: RequestListener): Promise<Listening> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const spans = 1_000;

/** What becomes of a thousand spans, and what is told meanwhile. */
async function sentTo(endpoint: string, more: Record<string, string> = {}, isEndless = false) {
  const tracing = await createTracing('test', {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    OTEL_BSP_MAX_QUEUE_SIZE: '200',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '100',
    OTEL_BSP_SCHEDULE_DELAY: '10',
    ...more,
  });
  for (let span = 0; span < spans; span++) {
    const journal = new Journal();
    journal.end(journal.start('request', 'test', undefined, {}, () => true));
    tracing.onJournal(journal);
  }
  await tracing.shutdown();
  const ended = (): boolean => Object.values(tracing.counts()).reduce((sum, count) => sum + count) === spans;
  // A process would be gone by now; here what was under way goes on.
  while (!ended() && !isEndless) await new Promise((resolve) => setTimeout(resolve, 10));
  return tracing.counts();
}

describe('a collector', () => {
  it('that is not there costs the spans', async (t) => {
    const lines = t.mock.method(console, 'error', () => {});
    const gone = await collector(() => {});
    await gone[Symbol.asyncDispose]();
    for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
      const { sent, refused, overflowed } = await sentTo(gone.endpoint, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
      assert.deepEqual([sent, refused + overflowed], [0, spans], protocol);
      assert.ok(overflowed >= spans - 300, `${overflowed} found the queue full`);
    }
    const told = lines.mock.calls.map((call) => String(call.arguments[0]));
    assert.equal(told.length, 3, told.join('\n'));
    for (const line of told) assert.match(line, /^traces: the collector takes no spans \(.*ECONNREFUSED/);
  });

  it('that hangs costs the spans, and holds the end of a process up for 2 s at most', async (t) => {
    t.mock.method(console, 'error', () => {});
    await using hanging = await collector(() => {});
    const { sent, refused, overflowed } = await sentTo(hanging.endpoint);
    assert.deepEqual([sent, refused + overflowed], [0, spans]);
    // Its own limit is ten minutes.
    await sentTo(hanging.endpoint, { OTEL_EXPORTER_OTLP_TIMEOUT: '600000' }, true);
  });

  it('that is full for a moment, and says when it is not, gets the same spans then', async () => {
    let asked = 0;
    await using busy = await collector((request, response) => {
      request.resume().once('end', () => {
        if (++asked === 1) response.writeHead(503, { 'retry-after': '1' });
        response.end();
      });
    });
    const counts = await sentTo(busy.endpoint, {
      OTEL_EXPORTER_OTLP_TIMEOUT: '10000',
      OTEL_BSP_MAX_QUEUE_SIZE: '2000',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2000',
    });
    assert.deepEqual([counts.sent, counts.refused, counts.overflowed, asked], [spans, 0, 0, 2]);
  });

  it('that refuses costs the spans', async (t) => {
    const lines = t.mock.method(console, 'error', () => {});
    for (const status of [400, 429, 500]) {
      await using refusing = await collector((request, response) => {
        request.resume().once('end', () => response.writeHead(status).end());
      });
      const { sent, refused, overflowed } = await sentTo(refusing.endpoint);
      assert.deepEqual([sent, refused + overflowed], [0, spans], String(status));
    }
    assert.equal(lines.mock.callCount(), 3);
  });
});
