import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { describe, it } from 'node:test';
import { defaultLimits, type Principal } from '@sheaf/inference';
import { statusOf } from '../testing/fake-caller.ts';
import { served } from '../testing/fake-model.ts';
import type { ServerMethod } from './grpc/methods.ts';
import type { Protocol } from './protocol.ts';
import { createServer } from './server.ts';

const principal: Principal = { id: 'a', tenant: 't', roles: [], models: [], priority: 'standard', claims: {} };

describe('a method that throws as it begins', () => {
  const broken: ServerMethod = {
    path: '/test.Test/Broken',
    isLong: false,
    serve: () => {
      throw new Error('a mistake of ours');
    },
  };
  const protocol: Protocol = () => ({ methods: [broken] });
  for (const [when, admit] of [
    ['at once', () => principal],
    ['later', async () => principal],
  ] as const)
    it(`fails its call alone, where its caller is let in ${when}`, { timeout: 10_000 }, async () => {
      const options = { name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits, protocols: [protocol] };
      const server = await createServer(options, { ...served, admit });
      server.open();
      const session = connect(`http://127.0.0.1:${server.port}`).on('error', () => {});
      const headers = { ':method': 'POST', ':path': broken.path, 'content-type': 'application/grpc' };
      for (let at = 0; at < 2; at++) assert.equal(await statusOf(session.request(headers)), '13');
      session.destroy();
      await server.close(0);
    });
});
