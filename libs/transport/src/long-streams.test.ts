import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits, InferError, type Principal } from '@sheaf/inference';
import { service } from 'grpc-health-check';
import { createDoor } from './door.ts';

const principal: Principal = { id: 'a', tenant: 't', roles: [], models: [], priority: 'standard', claims: {} };
const gone = new InferError('UNAUTHENTICATED', 'the API key is not valid', { reason: 'TOKEN_INVALID' });

describe('a watch', () => {
  it('ends with the refusal of its caller, once that may not come in any more', async () => {
    let isKnown = true;
    const asked: string[] = [];
    const door = await createDoor(
      { name: 'gateway', host: '127.0.0.1', port: 0, limits: defaultLimits },
      {
        infer: () => Promise.reject(gone),
        describe: () => {
          throw gone;
        },
        isReady: () => false,
        names: () => [],
        snapshot: () => ({ epoch: 1 }),
        onJournal: () => {},
        admit: ({ method, metadata }) => {
          asked.push(`${method} ${metadata('x-api-key')}`);
          if (isKnown) return principal;
          throw gone;
        },
      },
    );
    door.open();
    const Health = grpc.makeClientConstructor(service as unknown as grpc.ServiceDefinition, 'Health');
    const client = new Health(`127.0.0.1:${door.port}`, grpc.credentials.createInsecure());
    const metadata = new grpc.Metadata();
    metadata.set('x-api-key', 'mine');
    const watch = client.watch?.({ service: '' }, metadata) as grpc.ClientReadableStream<{ status: string }>;
    const ended = new Promise<grpc.StatusObject>((resolve) => watch.on('status', resolve));
    watch.on('error', () => {});
    await new Promise<void>((resolve) => watch.on('data', () => resolve()));
    isKnown = false;
    const { code, details } = await ended;
    assert.deepEqual([code, details], [grpc.status.UNAUTHENTICATED, 'the API key is not valid']);
    assert.deepEqual(asked, Array(2).fill('/grpc.health.v1.Health/Watch mine'));
    client.close();
    await door.close(0);
  });
});
