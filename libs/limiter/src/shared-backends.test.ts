/** Every backend of the table keeps the contract. */
import { after, before, describe } from 'node:test';
import { createMemoryLimiter } from './memory.ts';
import type { SharedBackend } from './shared-backend.ts';
import { sharedBackends } from './shared-backends.ts';
import { limiterContract } from './testing/limiter-contract.ts';
import { RedisServer, skipWithoutRedis } from './testing/redis-server.ts';

interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A server for each; a backend that has none does not compile. */
const servers: {
  readonly [Name in keyof typeof sharedBackends]: { readonly skip: string | false; start(): Promise<TestServer> };
} = {
  redis: { skip: skipWithoutRedis, start: () => RedisServer.start() },
};

for (const [name, { start, skip }] of Object.entries(servers))
  describe(`with a real server of ${name}`, { skip }, () => {
    const backend: SharedBackend = sharedBackends[name as keyof typeof servers];
    let server: TestServer;
    let prefixes = 0;
    before(async () => {
      server = await start();
    });
    after(() => server?.stop());

    limiterContract(`the limiter in ${backend.title}`, (time) =>
      backend.open({
        url: server.url,
        whenGone: 'closed',
        share: 1,
        prefix: `contract${prefixes++}`,
        // Nothing here is about the budget, and the machine may be busy.
        budgetMs: 5000,
        now: () => time.now,
        fallback: createMemoryLimiter({ now: performance.now, wallNow: Date.now }),
      }),
    );
  });
