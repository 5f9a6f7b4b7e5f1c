import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from '@sheaf/inference';
import { createRemote } from '../index.ts';
import { createServer } from '../server/server.ts';
import { contextOf, requestFor, served } from '../testing/fake-model.ts';

describe('the mesh stream', () => {
  it('tells of traces that are kept, to a server that knows who tells it', async () => {
    for (const secret of ['s'.repeat(32), undefined]) {
      const heard: string[] = [];
      const server = await createServer(
        { name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits, mesh: true, secret },
        { ...served, onKept: (traceId) => void heard.push(traceId) },
      );
      server.open();
      const listeners: ((traceId: string) => void)[] = [];
      const remote = createRemote(`127.0.0.1:${server.port}`, {
        ...{ service: 's', limits: defaultLimits, transport: 'stream', secret },
        onKept: (listener) => {
          listeners.push(listener);
          return () => {};
        },
      });
      await remote.infer(requestFor('echo'), contextOf());
      for (const tell of listeners) tell('a'.repeat(32));
      // It goes before a call that is asked after it.
      await remote.infer(requestFor('echo'), contextOf());
      assert.equal(heard[0], secret && 'a'.repeat(32));
      remote.close();
      await server.close(1_000);
    }
  });
});
