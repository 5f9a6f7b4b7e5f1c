/** Another protocol beside gRPC, as one would be added: it decodes and encodes, and all else is the server's. */
import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, describe, it } from 'node:test';
import { defaultLimits, type Infer, InferError, type Principal } from '@sheaf/inference';
import { cancelled, held, journals, served, until } from '../testing/fake-model.ts';
import { type JsonLines, jsonLines } from '../testing/json-lines.ts';
import type { Admit } from './auth/authenticate.ts';
import type { CallLog, EndedCall } from './call-record.ts';
import { createServer, type Server } from './server.ts';

const alice: Principal = {
  id: 'key:a',
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  claims: {},
};

describe('a protocol beside gRPC', () => {
  let server: Server;
  let lines: JsonLines;
  const ended: EndedCall[] = [];
  const principals: unknown[] = [];
  before(async () => {
    lines = jsonLines();
    const options = { name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits, protocols: [lines.protocol] };
    const admit: Admit = ({ metadata }) => {
      if (metadata('authorization') === 'Bearer k') return alice;
      throw new InferError('UNAUTHENTICATED', 'want a credential', { reason: 'CREDENTIAL_MISSING' });
    };
    const infer: Infer = (request, context) => {
      principals.push(context.principal);
      return served.infer(request, context);
    };
    const calls: CallLog = { wants: () => true, add: (call) => void ended.push(call) };
    server = await createServer(options, { ...served, infer, admit, calls });
    server.open();
    await until(() => lines.listener.listening);
  });
  after(() => server.close(0));
  beforeEach(() => {
    journals.splice(0);
    ended.splice(0);
    principals.splice(0);
  });

  const socketTo = () => connect((lines.listener.address() as AddressInfo).port, '127.0.0.1');

  async function ask(request: object): Promise<Record<string, unknown>> {
    const socket = socketTo();
    socket.write(`${JSON.stringify({ credential: 'Bearer k', ...request })}\n`);
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

  it('lets nobody in who may not, and tells the log of every call', async () => {
    const refused = await ask({ model: 'echo', x: [1], credential: 'Bearer other' });
    assert.deepEqual([refused['code'], refused['reason']], ['UNAUTHENTICATED', 'CREDENTIAL_MISSING']);
    assert.deepEqual(principals, []);
    assert.equal(journals.length, 1);
    await ask({ model: 'echo', x: [1] });
    assert.deepEqual(principals, [alice]);
    assert.deepEqual(
      ended.map(({ method, model, code, reason, principal }) => [method, model, code, reason, principal]),
      [
        ['/json-lines/infer', '', 'UNAUTHENTICATED', 'CREDENTIAL_MISSING', undefined],
        ['/json-lines/infer', 'echo', 'OK', '', alice],
      ],
    );
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
    socket.write(`${JSON.stringify({ model: 'wait', id: 'json', x: [1], credential: 'Bearer k' })}\n`);
    await until(() => held.has('json'));
    socket.destroy();
    await until(() => cancelled.includes('json'));
  });
});
