import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { freePort } from './free-port.ts';

const rangeFile = '/proc/sys/net/ipv4/ip_local_port_range';

describe('a free port', () => {
  it('can be listened on', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });

  it('is none that the system gives to whoever asks for any', async (test) => {
    let range: string;
    try {
      range = readFileSync(rangeFile, 'utf8');
    } catch {
      return test.skip(`there is no ${rangeFile}`);
    }
    const [first = 0] = range.split(/\s+/).map(Number);
    for (let n = 0; n < 20; n++) assert.ok((await freePort()) < first);
  });
});
