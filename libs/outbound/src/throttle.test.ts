import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CallContext,
  InferError,
  type InferResponse,
  Journal,
  knownPrincipal,
  monotonicClock,
  type Priority,
} from '@sheaf/inference';
import { throttle, throttledPart } from './throttle.ts';

const answer: InferResponse = { model: 'm', version: '1', parameters: new Map(), outputs: [] };

/** Numbers that look random and are always the same. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Asked {
  readonly model: string;
  readonly priority: Priority | undefined;
  readonly tenant: string;
}

const tenantOf = ({ principal }: CallContext): string => knownPrincipal(principal)?.tenant ?? '';

function start() {
  const random = seeded();
  let now = 0;
  const clock = { now: () => now };
  let behave: (call: Asked) => InferResponse = () => answer;
  let asked = 0;
  const infer = throttle({ service: 's', random, clock, tenantOf })(async ({ model }, context) => {
    asked++;
    return behave({ model, priority: context.priority, tenant: tenantOf(context) });
  });
  const ask = async ({ model = 'm', priority, tenant = 'a' }: Partial<Asked> = {}): Promise<string> => {
    const journal = new Journal();
    const span = journal.start('request', 't', undefined);
    const { signal } = new AbortController();
    const context: CallContext = {
      clock: monotonicClock,
      deadline: Number.POSITIVE_INFINITY,
      signal,
      snapshot: { epoch: 0 },
      journal,
      span,
      principal: { id: tenant, tenant, roles: ['infer'], models: ['*'], priority: 'standard', claims: {} },
      ...(priority === undefined ? {} : { priority }),
    };
    return infer({ model } as never, context).then(
      () => 'OK',
      (error: InferError) => error.decision ?? error.reason,
    );
  };
  /** Calls at so many a second; answers the outcomes. */
  const load = async (perSecond: number, seconds: number): Promise<string[]> => {
    const outcomes: string[] = [];
    for (let call = 0; call < perSecond * seconds; call++) {
      outcomes.push(await ask());
      now += 1_000 / perSecond;
    }
    return outcomes;
  };
  return {
    load,
    ask,
    asked: () => asked,
    behaves: (as: (call: Asked) => InferResponse) => (behave = as),
    pass: (ms: number) => (now += ms),
  };
}

const refuses =
  (reason: string, code: 'UNAVAILABLE' | 'INTERNAL' | 'RESOURCE_EXHAUSTED' = 'UNAVAILABLE') =>
  (): never => {
    throw new InferError(code, 'no', { reason });
  };
const throttledOf = (outcomes: readonly string[]): number =>
  outcomes.filter((outcome) => outcome === 'throttle:s').length / outcomes.length;

describe('client-side throttling', () => {
  it('leaves out (requests - 2 accepts) / (requests + 1) of the calls, at most 80 %, none under 5 a second', () => {
    assert.equal(throttledPart(300, 300), 0);
    assert.equal(throttledPart(300, 150), 0);
    assert.equal(throttledPart(300, 100), 100 / 301);
    assert.equal(throttledPart(300, 0), 0.8);
    assert.deepEqual([throttledPart(9, 0), throttledPart(10, 0)], [0, 0.8]);
  });

  it('lets everything through to a service that accepts', async () => {
    const { load } = start();
    assert.ok((await load(100, 40)).every((outcome) => outcome === 'OK'));
  });

  it('leaves out no more than 80 % when a service accepts a fifth of whatever is sent', async () => {
    const { load, behaves } = start();
    let call = 0;
    behaves(() => (call++ % 5 === 0 ? answer : refuses('OVERLOADED')()));
    await load(100, 60);
    const part = throttledOf(await load(100, 30));
    assert.ok(part > 0.75 && part < 0.85, `${part}`);
  });

  it('sends about twice the capacity of a service that serves so many a second', async () => {
    const { load, asked, behaves } = start();
    let served = 0;
    behaves(() => (served++ < 20 ? answer : refuses('OVERLOADED')()));
    let sent = 0;
    for (let second = 0; second < 90; second++) {
      served = 0;
      const before = asked();
      await load(90, 1);
      if (second >= 60) sent += asked() - before;
    }
    assert.ok(sent / 30 > 30 && sent / 30 < 50, `${sent / 30} a second`);
  });

  it('says who decided, and when to come back', async () => {
    const infer = throttle({ service: 's', random: () => 0, clock: { now: () => 0 }, tenantOf })(refuses('OVERLOADED'));
    let error: InferError | undefined;
    const journal = new Journal();
    const context = { journal, span: journal.start('request', 't', undefined) } as unknown as CallContext;
    for (let call = 0; call < 200; call++)
      error = await infer({} as never, context).then(
        () => undefined,
        (thrown: InferError) => thrown,
      );
    const { code, reason, decision, retryAfterMs, countsAgainstBreaker } = error as InferError;
    assert.deepEqual(
      { code, reason, decision, retryAfterMs, countsAgainstBreaker },
      {
        code: 'UNAVAILABLE',
        reason: 'OVERLOADED',
        decision: 'throttle:s',
        retryAfterMs: 10,
        countsAgainstBreaker: false,
      },
    );
  });

  it('takes only what says that there is too much to do for a refusal', async () => {
    for (const behave of [
      refuses('SERVICE_UNAVAILABLE'),
      refuses('DRAINING'),
      refuses('INTERNAL', 'INTERNAL'),
      refuses('RATE_LIMITED', 'RESOURCE_EXHAUSTED'),
    ]) {
      const { load, behaves } = start();
      behaves(behave);
      assert.equal(throttledOf(await load(100, 20)), 0);
    }
    for (const reason of ['OVERLOADED', 'OVERLOADED_ALL']) {
      const { load, behaves } = start();
      behaves(refuses(reason));
      assert.ok(throttledOf(await load(100, 20)) > 0.6);
    }
  });

  it('holds no class and no model back for what another one is refused', async () => {
    const { ask, behaves, pass } = start();
    behaves(({ model, priority }) => (model === 'm' && priority === 'sheddable' ? refuses('OVERLOADED')() : answer));
    const outcomes: Record<'sheddable' | 'critical' | 'other', string[]> = { sheddable: [], critical: [], other: [] };
    for (let call = 0; call < 1_000; call++, pass(2)) {
      outcomes.sheddable.push(await ask({ priority: 'sheddable' }));
      if (call % 10 > 0) continue;
      outcomes.critical.push(await ask({ priority: 'critical' }));
      outcomes.other.push(await ask({ model: 'other', priority: 'sheddable' }));
    }
    assert.ok(throttledOf(outcomes.sheddable) > 0.6);
    assert.deepEqual([...new Set([...outcomes.critical, ...outcomes.other])], ['OK']);
  });

  it('holds no tenant back for what another one is refused', async () => {
    const { ask, behaves, pass } = start();
    behaves(({ tenant }) => (tenant === 'bad' ? refuses('OVERLOADED')() : answer));
    const outcomes: Record<'bad' | 'good', string[]> = { bad: [], good: [] };
    for (let call = 0; call < 1_000; call++, pass(2)) {
      outcomes.bad.push(await ask({ tenant: 'bad' }));
      if (call % 10 === 0) outcomes.good.push(await ask({ tenant: 'good' }));
    }
    assert.ok(throttledOf(outcomes.bad) > 0.6);
    assert.equal(throttledOf(outcomes.good), 0);
  });

  it('is off under five calls a second, however many are refused', async () => {
    const { load, behaves } = start();
    behaves(refuses('OVERLOADED'));
    assert.equal(throttledOf(await load(4, 120)), 0);
  });

  it('forgets: two seconds after the last refusal everything is sent again', async () => {
    const { load, behaves, pass } = start();
    behaves(refuses('OVERLOADED'));
    await load(100, 30);
    behaves(() => answer);
    pass(1_000);
    assert.ok(throttledOf(await load(100, 0.25)) > 0.5);
    pass(2_000);
    assert.equal(throttledOf(await load(100, 10)), 0);
  });

  it('is over 5 s after ten times the load is, when half of what the service can do is asked', async () => {
    const { load, behaves } = start();
    let served = 0;
    behaves(() => (served++ < 20 ? answer : refuses('OVERLOADED')()));
    const second = async (perSecond: number): Promise<string[]> => {
      served = 0;
      return load(perSecond, 1);
    };
    for (let seconds = 0; seconds < 30; seconds++) await second(400);
    for (let seconds = 0; seconds < 5; seconds++) await second(20);
    for (let seconds = 0; seconds < 10; seconds++) assert.equal(throttledOf(await second(20)), 0);
  });

  it('does not take calls that are on their way for refused ones', async () => {
    const waiting: ((response: InferResponse) => void)[] = [];
    const infer = throttle({ service: 's', random: () => 0, clock: { now: () => 0 }, tenantOf })(
      () => new Promise((resolve) => waiting.push(resolve)),
    );
    const calls = Array.from({ length: 1_000 }, () => infer({} as never, {} as never));
    assert.equal(waiting.length, 1_000);
    for (const resolve of waiting) resolve(answer);
    await Promise.all(calls);
  });
});
