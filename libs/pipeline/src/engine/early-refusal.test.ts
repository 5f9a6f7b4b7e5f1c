import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Infer, InferResponse } from '@sheaf/inference';
import { computing, document, fp32, signatures } from '../testing/fake-models.ts';
import { buildPipeline, FakeClock } from '../testing/test-pipeline.ts';

/** Two stages one after the other, beside a shorter one and one that can be done without. */
const graph = document(
  {
    first: { model: 'a', inputs: { x: 'x' } },
    s: { model: 'b', inputs: { x: 'first.y' } },
    beside: { model: 'c', inputs: { x: 'x' } },
    extra: { model: 'd', inputs: { x: 'x' }, optional: true },
  },
  { y: 's.y', other: 'beside.y', more: 'extra.y?' },
);

/** `delays` are of the models, and may change between calls. */
function open(delays: Record<'a' | 'b' | 'c' | 'd', number>) {
  const clock = new FakeClock();
  let asked = 0;
  const model =
    (name: keyof typeof delays): Infer =>
    (request, context) => {
      asked++;
      return computing((value) => value, delays[name])(request, context);
    };
  const call = buildPipeline(graph, {
    signatures,
    models: { a: model('a'), b: model('b'), c: model('c'), d: model('d') },
    clock,
  });
  const ask = (deadline: number, more: object = {}): Promise<InferResponse> =>
    call({ inputs: [fp32('x', 1)], deadline, ...more });
  const learn = async (): Promise<void> => {
    for (let n = 0; n < 20; n++) await ask(10_000);
  };
  return { clock, ask, learn, asked: () => asked };
}

const tooShort = (remaining: number, estimate: number, stage: string) => ({
  code: 'DEADLINE_EXCEEDED',
  reason: 'DEADLINE_TOO_SHORT',
  retryAfterMs: -1,
  metadata: { remaining_ms: String(remaining), estimate_ms: String(estimate), stage },
});

describe('a call whose time is too short', () => {
  it('is refused before anything is asked, by the longest way through the stages that have to run', async () => {
    const { ask, learn, asked } = open({ a: 30, b: 70, c: 80, d: 500 });
    await learn();
    const before = asked();
    await assert.rejects(ask(99), tooShort(99, 100, 's'));
    assert.equal(asked(), before);
    await ask(101);
  });

  it('is not refused while fewer than 20 calls have told how long it takes', async () => {
    const { ask } = open({ a: 30, b: 70, c: 80, d: 0 });
    for (let n = 0; n < 19; n++) await ask(10_000);
    await assert.rejects(ask(90), { code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED_IN_STAGE' });
  });

  it('is refused by what it asks for only', async () => {
    const { ask, learn } = open({ a: 30, b: 70, c: 80, d: 0 });
    await learn();
    await assert.rejects(ask(79, { outputs: ['other'] }), tooShort(79, 80, 'beside'));
    await ask(81, { outputs: ['other'] });
  });

  it('is asked again at most 30 s after a slow spell, and from then on', async () => {
    const delays = { a: 10, b: 900, c: 10, d: 0 };
    const { clock, ask, learn } = open(delays);
    await learn();
    delays.b = 10;
    const end = clock.now();
    let refused = 0;
    for (;;) {
      const answered = await ask(100).then(
        () => true,
        () => false,
      );
      if (answered) break;
      refused++;
      await clock.advance(100);
    }
    assert.ok(refused > 0);
    assert.ok(clock.now() - end <= 30_100, `it took ${clock.now() - end} ms`);
    await clock.advance(1_000);
    await ask(100);
  });

  it('is refused too where calls are rare, but for one in 30 s that finds out whether it still takes so long', async () => {
    const { clock, ask, asked } = open({ a: 30, b: 970, c: 10, d: 0 });
    for (let n = 0; n < 20; n++) {
      await ask(10_000);
      await clock.advance(1_000);
    }
    const codes: string[] = [];
    const begun = asked();
    const start = clock.now();
    while (clock.now() - start < 95_000) {
      codes.push(
        await ask(500).then(
          () => 'OK',
          ({ reason }) => reason,
        ),
      );
      await clock.advance(2_000);
    }
    const tried = codes.filter((code) => code !== 'DEADLINE_TOO_SHORT');
    assert.deepEqual(
      tried,
      Array.from({ length: 3 }, () => 'DEADLINE_EXCEEDED_IN_STAGE'),
      codes.join(),
    );
    // Of each of them: the two that it begins with, the one that can be done without, and the slow one.
    assert.equal(asked() - begun, 3 * 4);
  });
});
