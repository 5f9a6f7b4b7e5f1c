/** Another protocol beside gRPC, as one would be added: it decodes and encodes, and all else is the server's. */
import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, describe, it } from 'node:test';
import { defaultLimits } from '@sheaf/inference';
import { cancelled, held, journals, served, until } from '../testing/fake-model.ts';
import { type JsonLines, jsonLines } from '../testing/json-lines.ts';
import { createServer, type Server } from './server.ts';

describe('a protocol beside gRPC', () => {
  let server: Server;
  let lines: JsonLines;
  before(async () => {
    lines = jsonLines();
    const options = { name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits, protocols: [lines.protocol] };
    server = await createServer(options, served);
    server.open();
    await until(() => lines.listener.listening);
  });
  after(() => server.close(0));
  beforeEach(() => journals.splice(0));

  const socketTo = () => connect((lines.listener.address() as AddressInfo).port, '127.0.0.1');

  async function ask(request: object): Promise<Record<string, unknown>> {
    const socket = socketTo();
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface(socket)) {
      socket.destroy();
      return JSON.parse(line) as Record<string, unknown>;
    }
    throw new Error('no answer');
  }

  it('answers by the same backend, into the same journal', async () => {
    assert.deepEqual(await ask({ model: 'echo', x: [1, 2] }), { model: 'echo', y: [1, 2] });
    assert.equal(journals.length, 1);
  });

  it('has the errors, the deadline and the limits of the server', async () => {
    const refused = await ask({ model: 'refuse', x: [1] });
    assert.deepEqual([refused['code'], refused['reason']], ['UNAVAILABLE', 'OVERLOADED']);
    assert.equal((await ask({ model: 'echo', x: 'none' }))['code'], 'INVALID_ARGUMENT');
    const late = await ask({ model: 'echo', x: [1], timeoutMs: 0 });
    assert.equal(late['code'], 'DEADLINE_EXCEEDED');
  });

  it('is told when its caller leaves', async () => {
    const socket = socketTo();
    socket.write(`${JSON.stringify({ model: 'wait', id: 'json', x: [1] })}\n`);
    await until(() => held.has('json'));
    socket.destroy();
    await until(() => cancelled.includes('json'));
  });
});
