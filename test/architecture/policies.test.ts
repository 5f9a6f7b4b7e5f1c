/** A policy needs a file of its own and an entry in the list, and nothing else: shown on a copy of the room's source. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Infer, Journal, monotonicClock, stack, trustedCaller } from '@sheaf/inference';
import { createMemoryLimiter } from '@sheaf/limiter';
import type * as Policies from '@sheaf/policies';
import { copyRoom, type RoomCopy } from './room-copy.ts';

let room: RoomCopy;
before(async () => {
  room = await copyRoom('policies');
  await room.add('policies/closing-time.ts', 'policies/closing-time.ts');
  await room.enter({
    file: 'policies/index.ts',
    imported: "import { closingTime } from './closing-time.ts';\n",
    after: '  visibility,\n',
    entry: '  closingTime,\n',
  });
});
after(() => room.remove());

const answer: Infer = async ({ model }) => ({ model, version: '1', parameters: new Map(), outputs: [] });

describe('a new policy', () => {
  it('does not compile where it says nothing of one of its parts', () =>
    room.without('policies/closing-time.ts', / {2}reference: .*\n/, () =>
      assert.match(room.mistakes().join('\n'), /^policies\/closing-time\.ts: Property 'reference' is missing/m),
    ));

  it('needs nothing else to compile, to be read, to hold calls, and to stand in the schema and on the reference page', async () => {
    assert.deepEqual(room.mistakes(), []);
    const policies: typeof Policies = await import(join(room.source, 'index.ts'));
    const ask = async (document: object): Promise<string> => {
      const { spec, problems } = policies.parsePolicies(document);
      assert.deepEqual(problems, []);
      const limiter = createMemoryLimiter(monotonicClockPorts);
      const limits = policies.compileLimits([], 1);
      const recent = new policies.RecentBuckets();
      const strays = policies.createStrays(limits, limiter);
      const plans = { callsOf: (model: string) => [model], usualMs: () => 1 };
      const context = { routes: new Map(), isReady: () => true, limits, limiter, plans, recent, strays };
      const infer = stack(policies.policyLayers(spec, context), answer);
      return (await infer(request, callContext())).model;
    };
    assert.equal(await ask({}), 'm');
    await assert.rejects(ask({ closed: 'at night' }), { code: 'UNAVAILABLE', message: 'at night' });
    assert.match(policies.parsePolicies({ closd: 'x' }).problems[0]?.message ?? '', /did you mean closed\?/);
    assert.match(JSON.stringify(policies.policiesSchema()), /Refuses every call, and says why\./);
    assert.match(policies.policiesPage(), /## closed\n/);
  });
});

const monotonicClockPorts = { now: monotonicClock.now, wallNow: Date.now };
const request = { model: 'm', version: '', id: '', inputs: [], outputs: [], parameters: new Map() };

function callContext(): Parameters<Infer>[1] {
  const journal = new Journal();
  const { signal } = new AbortController();
  const span = journal.start('request', 'test', undefined);
  const deadline = monotonicClock.now() + 10_000;
  return { clock: monotonicClock, deadline, signal, snapshot: { epoch: 1 }, principal: trustedCaller, journal, span };
}
