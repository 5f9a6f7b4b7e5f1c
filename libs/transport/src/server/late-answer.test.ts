import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { defaultLimits, InferError, remainingMs } from '@sheaf/inference';
import { createRemote } from '../index.ts';
import { contextOf, requestFor, served } from '../testing/fake-model.ts';
import { createServer, type Server } from './server.ts';

describe('a remote that listens after the deadline', () => {
  let server: Server;
  before(async () => {
    server = await createServer(
      { name: 'test', host: '127.0.0.1', port: 0, limits: defaultLimits },
      {
        ...served,
        // Answers when the time is up by its own clock, which the client's own deadline is always ahead of.
        infer: ({ model }, context) =>
          new Promise((_, reject) => {
            if (model === 'late')
              context.clock.after(remainingMs(context), () =>
                reject(new InferError('DEADLINE_EXCEEDED', 'the deadline passed in stage read')),
              );
          }),
      },
    );
    server.open();
  });
  after(() => server.close(0));

  const ask = async (model: string, listenMs?: number) => {
    const options = { service: 'test', limits: defaultLimits, ...(listenMs === undefined ? {} : { listenMs }) };
    const remote = createRemote(`127.0.0.1:${server.port}`, options);
    try {
      return await remote.infer(requestFor(model), contextOf(100));
    } finally {
      remote.close();
    }
  };

  it('hears the answer that says where the call was', async () => {
    await assert.rejects(ask('late', 60_000), {
      code: 'DEADLINE_EXCEEDED',
      message: 'the deadline passed in stage read',
    });
  });

  it('gives up on a server that does not answer, then or, without that, at the deadline', async () => {
    for (const listenMs of [20, undefined])
      await assert.rejects(ask('deaf', listenMs), {
        code: 'DEADLINE_EXCEEDED',
        message: 'service test did not answer before the deadline',
      });
  });
});
