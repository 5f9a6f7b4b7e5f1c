import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Journal } from '@sheaf/inference';
import { createTracing } from './tracing.ts';

function journal(): Journal {
  const made = new Journal();
  made.end(made.start('request', 'test', undefined, {}, () => true));
  return made;
}

describe('the traces', () => {
  it('go with the headers that stand in a file, also when a link to it moves, as with a secret of Kubernetes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sheaf-headers-'));
    const file = join(folder, 'headers');
    writeFileSync(join(folder, 'one'), 'Authorization=Bearer%20one,x-team=100%\n');
    writeFileSync(join(folder, 'two'), 'Authorization=Bearer%20two\n');
    symlinkSync('one', file);
    const received: IncomingHttpHeaders[] = [];
    let heard = Promise.withResolvers<void>();
    const collector = createServer((request, response) => {
      received.push(request.headers);
      request.resume().once('end', () => {
        response.end();
        heard.resolve();
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    const { OTEL_EXPORTER_OTLP_ENDPOINT: before } = process.env;
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`;
    try {
      const tracing = await createTracing('test', { ...process.env, OTEL_EXPORTER_OTLP_HEADERS_FILE: file });
      tracing.onJournal(journal());
      await heard.promise;
      assert.deepEqual([received[0]?.authorization, received[0]?.['x-team']], ['Bearer one', '100%']);
      symlinkSync('two', `${file}.new`);
      renameSync(`${file}.new`, file);
      // A file is looked at every two seconds while it is used.
      while (received.at(-1)?.authorization !== 'Bearer two') {
        heard = Promise.withResolvers<void>();
        tracing.onJournal(journal());
        await heard.promise;
      }
      assert.equal(received.at(-1)?.['x-team'], undefined);
      await tracing.shutdown();
    } finally {
      if (before === undefined) delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
      else process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = before;
      collector.closeAllConnections();
      collector.close();
      rmSync(folder, { recursive: true });
    }
  });
});
