/** Two gateways in front of the same services, which count in one Redis. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, inferPath, type Told } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { secretFile, secretLine } from '../support/mesh-secret.ts';
import { Redis, skipWithoutRedis } from '../support/redis.ts';
import { someRound } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';

const gatewayModule = new URL('../../apps/gateway/src/main.ts', import.meta.url);

const policiesWhen = (gone: string): string => `limiter: { whenRedisIsGone: ${gone} }
limits:
  - { name: burst, rate: 1/h, burst: 100, tenants: [burst] }
  - { name: rows, rate: 1/h, burst: 100, cost: rows, tenants: [cost] }
  - { name: daily, quota: 100/day, tenants: [daily] }
  - { name: busy, concurrent: 3, tenants: [busy] }
  - { name: later, rate: 1/h, burst: 100, tenants: [later] }
  - { name: again, rate: 1/h, burst: 100, tenants: [again] }
  - { name: paused, rate: 1/h, burst: 100, per: [tenant], tenants: [paused-*] }
  - { name: jerky, rate: 1/h, burst: 1000000, tenants: [jerky] }
`;
/** One for each round. */
const paused = ['paused-1', 'paused-2', 'paused-3'] as const;
const tenants = ['burst', 'cost', 'daily', 'busy', 'later', 'again', ...paused, 'jerky', 'free'] as const;

interface Gateway {
  readonly caller: Caller;
  readonly process: ChildProcess;
}

/** A gateway beside that of the mesh, in front of the services of the mesh. */
async function startGateway(folder: string, mesh: TestMesh, redis: NodeJS.ProcessEnv): Promise<Gateway> {
  const endpoints = mesh.running.services.flatMap(({ name, port }) => ['--endpoint', `${name}=127.0.0.1:${port}`]);
  const child = fork(gatewayModule, [folder, '--port', '0', ...endpoints], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, REDIS_URL: '', ...redis },
  });
  const [message] = (await once(child, 'message')) as [{ kind: string; port: number; message?: string }];
  assert.equal(message.kind, 'ready', `${message.message}`);
  return { caller: new Caller(message.port), process: child };
}

async function end({ caller, process: child }: Gateway): Promise<void> {
  caller[Symbol.dispose]();
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

for (const gone of ['share', 'closed'] as const) {
  describe(`two gateways on one Redis, ${gone} when it is gone`, { skip: skipWithoutRedis }, () => {
    let redis: Redis;
    let mesh: TestMesh;
    let folder: string;
    let keys: Record<(typeof tenants)[number], string>;
    let gateways: readonly Gateway[] = [];
    before(async () => {
      redis = await Redis.onFreePort();
      const models = { 'models/double': sampleModels.scale(2), 'models/slow': sampleModels.slowLoop() };
      mesh = await startTestMesh({ ...models, 'mesh.yaml': secretLine, ...secretFile });
      folder = await writeFolder({
        ...models,
        ...secretFile,
        'mesh.yaml': `gateway: { replicas: 2 }\n${secretLine}`,
        'policies.yaml': policiesWhen(gone),
      });
      keys = (await addKeys(folder, Object.fromEntries(tenants.map((tenant) => [tenant, { tenant }])))) as typeof keys;
      process.env['REDIS_URL'] = redis.url;
      // The second one is told by a file, as secrets are mounted.
      const file = join(folder, 'redis-url');
      await writeFile(file, `${redis.url}\n`);
      const places = [{ REDIS_URL: redis.url }, { REDIS_URL_FILE: file }];
      gateways = await Promise.all(places.map((place) => startGateway(folder, mesh, place)));
    });
    after(async () => {
      delete process.env['REDIS_URL'];
      await Promise.all(gateways.map(end));
      await mesh?.[Symbol.asyncDispose]();
      await redis?.kill();
      if (folder) await rm(folder, { recursive: true });
    });
    const ask = (at: number, who: keyof typeof keys): Promise<Told> =>
      (gateways[at % 2] as Gateway).caller.infer('double', { 'x-api-key': keys[who] });

    /** 8 clients, four at each gateway. */
    async function flood(who: keyof typeof keys, calls: number): Promise<Told[]> {
      let left = calls;
      const told: Told[] = [];
      const client = async (_: unknown, at: number): Promise<void> => {
        while (left-- > 0) told.push(await ask(at, who));
      };
      await Promise.all(Array.from({ length: 8 }, client));
      return told;
    }
    const answered = (told: readonly Told[]): number => told.filter(({ code }) => code === 'OK').length;
    /** A Redis that a busy machine keeps waiting beyond its budget is as good as gone for that call. */
    const isLate = ({ reason, trailers }: Told): boolean =>
      reason === 'LIMITS_UNAVAILABLE' || trailers.has('x-ratelimit-degraded');

    for (const who of ['burst', 'cost', 'daily'] as const) {
      it(`count together to the call: ${who}`, async () => {
        const told = await flood(who, 260);
        if (!told.some(isLate)) assert.equal(answered(told), 100);
      });
    }

    it('count calls at the same time together, and have none left over at the end', async () => {
      const slow = {
        model_name: 'slow',
        inputs: [{ name: 'x', datatype: 'INT64', shape: [] }],
        raw_input_contents: [Buffer.from(BigInt64Array.of(300_000n).buffer)],
      };
      const aMinuteMs = 60_000;
      const told = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          (gateways[at % 2] as Gateway).caller.call(inferPath, slow, { 'x-api-key': keys.busy }, aMinuteMs),
        ),
      );
      const reasons = told.map(({ code, reason }) => (code === 'OK' ? code : String(reason)));
      if (!told.some(isLate)) {
        assert.equal(answered(told), 3, reasons.join());
        assert.deepEqual(new Set(reasons), new Set(['OK', 'OVERLOADED']));
      }
      await waitFor(async () => (await ask(0, 'busy')).code === 'OK');
    });

    const isAsWhenGone = ({ code, reason, trailers }: Told): boolean =>
      gone === 'share'
        ? trailers.get('x-ratelimit-degraded') === 'share'
        : reason === 'LIMITS_UNAVAILABLE' && code === 'UNAVAILABLE';
    /** Both gateways count in Redis again. */
    const areTogether = async (): Promise<boolean> => {
      const both = await Promise.all([0, 1].map((at) => ask(at, 'busy')));
      return both.every(({ code, trailers }) => code === 'OK' && !trailers.has('x-ratelimit-degraded'));
    };

    it('keep nobody waiting for a Redis that is paused, and count together again when it goes on', async () => {
      const calls = 480;
      const timed = async (who: keyof typeof keys): Promise<[readonly Told[], number]> => {
        const start = performance.now();
        const told = await flood(who, calls);
        return [told, performance.now() - start];
      };
      const whose = paused.values();
      await someRound(async () => {
        const [, usualMs] = await timed('burst');
        redis.pause();
        const [told, tookMs] = await timed(whose.next().value ?? 'free');
        redis.resume();
        await waitFor(areTogether);
        assert.ok(told.every(isAsWhenGone));
        assert.equal(answered(told), gone === 'share' ? 100 : 0);
        // Each of 8 clients waits about once for the 50 ms of the budget, not 60 times, which would be 3 s more than the calls take otherwise.
        const took = `${calls} calls took ${tookMs.toFixed(0)} ms, usually ${usualMs.toFixed(0)}`;
        assert.ok(tookMs < usualMs + 1_500, took);
      });
    });

    it('answer every call of a load, in Redis or as when it is gone, while Redis stops and goes', async () => {
      const timer = setInterval(() => {
        redis.pause();
        setTimeout(() => redis.resume(), 150);
      }, 300);
      const told = await flood('jerky', 3_000);
      clearInterval(timer);
      redis.resume();
      for (const one of told) assert.ok(one.code === 'OK' || isAsWhenGone(one), `${one.code} ${one.message}`);
      assert.ok(told.some(isAsWhenGone) && told.some((one) => one.code === 'OK' && !isAsWhenGone(one)));
      await waitFor(areTogether);
    });

    it(`go on when Redis is killed: ${gone === 'share' ? 'each counts its part and says so' : 'what is limited is refused'}`, async () => {
      await redis.kill();
      const told = await flood('later', 160);
      // What waited for the answer of a Redis that had just gone may be told of it in another way; none hangs.
      assert.equal(told.length, 160);
      if (gone === 'share') {
        assert.equal(answered(told), 100);
        assert.ok(told.every(({ trailers }) => trailers.get('x-ratelimit-degraded') === 'share'));
      } else {
        for (const { code, reason } of told) assert.deepEqual([code, reason], ['UNAVAILABLE', 'LIMITS_UNAVAILABLE']);
      }
      // Whoever no limit is about does not notice.
      assert.equal(answered(await flood('free', 40)), 40);
    });

    it('count together again once Redis is back, with what was let in meanwhile', async () => {
      await redis.start();
      await waitFor(areTogether);
      const isUsedUp = async (): Promise<boolean> => (await ask(0, 'later')).code === 'RESOURCE_EXHAUSTED';
      if (gone === 'share') await waitFor(isUsedUp);
      for (const [who, count] of [
        ['later', gone === 'share' ? 0 : 100],
        ['again', 100],
      ] as const) {
        const told = await flood(who, 160);
        if (!told.some(isLate)) assert.equal(answered(told), count, who);
      }
    });
  });
}
