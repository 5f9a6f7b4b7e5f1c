import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller, inferPath, inferRequest, type Message, type Told } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** So slow that no test sees anything come back. */
const never = 'rate: 1/h';
const policies = `limits:
  - { name: burst, ${never}, burst: 50, tenants: [burst] }
  - { name: refill, rate: 20/s, burst: 1, tenants: [refill] }
  - { name: busy, concurrent: 2, tenants: [busy] }
  - { name: daily, quota: 200/day, tenants: [daily] }
  - { name: rows, ${never}, burst: 1000, cost: rows, settle: 0, tenants: [cost] }
  - { name: settled, ${never}, burst: 1000, cost: "10", settle: 0.25, tenants: [settled] }
  - { name: wholly, ${never}, burst: 1000, cost: "10", settle: 1, tenants: [wholly] }
  - { name: wide, ${never}, burst: 100, tenants: [several] }
  - { name: narrow, ${never}, burst: 10, tenants: [several], models: [member] }
  - { name: shared, ${never}, burst: 10, per: [], tenants: [left, right] }
  - { name: each, ${never}, burst: 5, per: [tenant, key, model], tenants: [each] }
  - { name: outer, ${never}, burst: 1000, tenants: [inside] }
`;
const x = 'inputs: { x: { datatype: FP32, shape: [rows, 2] } }';
const branching = (name: string, when: string): string =>
  `pipeline: ${name}\n${x}\nstages:\n  a:\n    switch:\n      - { when: '${when}', model: member }\n      - { pipeline: three }\n    inputs: { x: x }\noutputs: { y: a.y }\n`;
const pipelines = {
  'pipelines/small.yaml': branching('small', 'inputs.x.size > 0'),
  'pipelines/large.yaml': branching('large', 'inputs.x.size < 0'),
  'pipelines/three.yaml': `pipeline: three\n${x}\nstages:\n  all:\n    ensemble: { a: { model: member }, b: { model: member }, c: { model: member } }\n    inputs: { x: x }\n    combine: { mean: y }\noutputs: { y: all.y }\n`,
  'pipelines/nested.yaml': `pipeline: nested\n${x}\nstages:\n  a: { pipeline: three, inputs: { x: x } }\n  b: { transform: ./asks.ts, inputs: { x: a.y } }\noutputs: { y: b.y }\n`,
};
const asks = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['member'] }, async ({ x }, context) => {
  const { y } = await context.infer('member', { x: { datatype: 'FP32', shape: x.shape, data: x.data } });
  return { y } as never;
});
`;
const tenants = [
  'burst',
  'refill',
  'busy',
  'daily',
  'cost',
  'settled',
  'wholly',
  'several',
  'left',
  'right',
  'each',
  'inside',
] as const;
type Tenant = (typeof tenants)[number];

let mesh: TestMesh;
let keys: Record<Tenant | 'other', string>;
let caller: Caller;
before(async () => {
  const models = { 'models/member': sampleModels.scale(1), 'models/slow': sampleModels.slowLoop() };
  mesh = await startTestMesh(
    { ...models, ...pipelines, 'asks.ts': asks, 'policies.yaml': policies },
    async (folder) => {
      const requests = Object.fromEntries(tenants.map((tenant) => [tenant, { tenant }]));
      keys = await addKeys(folder, { ...requests, other: { tenant: 'each' } } as Record<
        keyof typeof keys,
        { tenant: string }
      >);
    },
  );
  caller = new Caller(mesh.running.gateway.port);
});
after(async () => {
  caller?.[Symbol.dispose]();
  await mesh?.[Symbol.asyncDispose]();
});
const ask = (who: keyof typeof keys, model = 'member', rows = 1): Promise<Told> =>
  caller.call(inferPath, inferRequest(model, rows), { 'x-api-key': keys[who] });
const slowly = (who: Tenant, iterations: number): Promise<Told> => {
  const raw = Buffer.from(BigInt64Array.of(BigInt(iterations)).buffer);
  const inputs = [{ name: 'x', datatype: 'INT64', shape: [] }];
  return caller.call(inferPath, { model_name: 'slow', inputs, raw_input_contents: [raw] }, { 'x-api-key': keys[who] });
};
const remaining = ({ trailers }: Told, name: string): number =>
  Number(new RegExp(`"${name}";r=(\\d+)`).exec(trailers.get('ratelimit') ?? '')?.[1] ?? Number.NaN);

/** How many of the calls that 8 clients make at the same time are answered, and what the others are told. */
async function flood(calls: number, send: () => Promise<Told>): Promise<{ answered: number; refused: Told[] }> {
  let left = calls;
  let answered = 0;
  const refused: Told[] = [];
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const told = await send();
      if (told.code === 'OK') answered++;
      else refused.push(told);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return { answered, refused };
}
/** Seconds that RetryInfo tells. */
const retrySeconds = (told: Told | undefined): number =>
  Number((told?.details.get('RetryInfo') as { retry_delay?: Message } | undefined)?.retry_delay?.['seconds']);
const violation = (told: Told | undefined): Message =>
  ((told?.details.get('QuotaFailure') as { violations: Message[] } | undefined)?.violations ?? [])[0] ?? {};

describe('a limit', () => {
  it('of a rate lets exactly its burst in, of 8 clients together, and tells the others when to come again', async () => {
    const { answered, refused } = await flood(120, () => ask('burst'));
    assert.equal(answered, 50);
    for (const told of refused) {
      assert.deepEqual([told.code, told.reason], ['RESOURCE_EXHAUSTED', 'RATE_LIMITED']);
      assert.equal(told.trailers.get('x-mesh-decision'), 'limit:burst');
      assert.equal(remaining(told, 'burst'), 0);
      const pushback = Number(told.trailers.get('grpc-retry-pushback-ms'));
      assert.ok(pushback > 3_500_000 && pushback <= 3_600_000, String(pushback));
      assert.equal(retrySeconds(told), Math.floor(pushback / 1000));
    }
    const { subject, quota_metric, quota_id, quota_value, quota_dimensions } = violation(refused[0]);
    assert.deepEqual(
      { subject, quota_metric, quota_id, quota_value, quota_dimensions },
      {
        subject: 'tenant:burst',
        quota_metric: 'requests',
        quota_id: 'burst',
        quota_value: '50',
        quota_dimensions: { tenant: 'burst' },
      },
    );
  });

  it('of a rate lets the next call in after the time that it told', async () => {
    let refused = await ask('refill');
    await waitFor(async () => {
      if (refused.code === 'OK') refused = await ask('refill');
      return refused.code !== 'OK';
    });
    const pushback = Number(refused.trailers.get('grpc-retry-pushback-ms'));
    assert.ok(pushback > 0 && pushback <= 50, String(pushback));
    await new Promise((resolve) => setTimeout(resolve, pushback + 1));
    assert.equal((await ask('refill')).code, 'OK');
  });

  it('of calls at the same time refuses one more, with a wait that differs, and lets it in when one has ended', async () => {
    await slowly('busy', 1);
    const under = [slowly('busy', 400_000), slowly('busy', 400_000)];
    const pushbacks = new Set<string | undefined>();
    let refused = await ask('busy');
    await waitFor(async () => {
      refused = await ask('busy');
      return refused.code !== 'OK';
    });
    for (let tries = 0; tries < 5; tries++) pushbacks.add((await ask('busy')).trailers.get('grpc-retry-pushback-ms'));
    assert.deepEqual([refused.code, refused.reason], ['UNAVAILABLE', 'OVERLOADED']);
    assert.equal(refused.details.has('RetryInfo'), true);
    for (const pushback of pushbacks) assert.ok(Number(pushback) >= 10 && Number(pushback) <= 100, `${pushback}`);
    assert.ok(pushbacks.size > 1);
    for (const told of await Promise.all(under)) assert.equal(told.code, 'OK');
    assert.equal((await ask('busy')).code, 'OK');
    // A caller that fails or leaves gives its place back too.
    for (let tries = 0; tries < 5; tries++) await ask('busy', 'slow');
    assert.equal((await ask('busy')).code, 'OK');
  });

  it('of a day is exact, and outlives a gateway that is killed', async () => {
    const first = await flood(100, () => ask('daily'));
    assert.equal(first.answered, 100);
    process.kill(mesh.running.gateway.pid, 'SIGKILL');
    await waitFor(() => mesh.events.some((line) => line.startsWith('gateway is ready again')));
    await waitFor(async () => (await ask('inside')).code === 'OK');
    const { answered, refused } = await flood(150, () => ask('daily'));
    // What the killed one had reserved and not used is lost, never given twice: at most a hundredth of the quota.
    assert.ok(answered <= 100 && answered >= 98, String(answered));
    const [told] = refused;
    assert.deepEqual([told?.code, told?.reason], ['RESOURCE_EXHAUSTED', 'QUOTA_EXHAUSTED']);
    assert.equal(told?.trailers.get('grpc-retry-pushback-ms'), '-1');
    assert.equal(violation(told)['quota_id'], 'daily');
    assert.ok(retrySeconds(told) > 0 && retrySeconds(told) <= 86_400);
  });

  it('of a cost charges the whole plan: an ensemble of three costs three times its member', async () => {
    assert.equal(remaining(await ask('cost', 'member', 7), 'rows'), 993);
    assert.equal(remaining(await ask('cost', 'three', 7), 'rows'), 972);
    assert.equal(remaining(await ask('cost', 'nested', 2), 'rows'), 972 - 3 * 2 - 2);
  });

  it('of a cost tells what can never be paid as a mistake in the number of rows, and charges nothing for it', async () => {
    const before = remaining(await ask('cost', 'member', 1), 'rows');
    const told = await ask('cost', 'three', 334);
    assert.deepEqual([told.code, told.reason], ['INVALID_ARGUMENT', 'COST_EXCEEDS_LIMIT']);
    const [field] = (told.details.get('BadRequest') as { field_violations: { field: string }[] }).field_violations;
    assert.equal(field?.field, 'inputs[0].shape[0]');
    assert.equal(told.trailers.get('grpc-retry-pushback-ms'), '-1');
    assert.equal(remaining(await ask('cost', 'member', 1), 'rows'), before - 1);
  });

  it('of a cost is settled after the call, by the calls that were made, within its bounds', async () => {
    /** Planned are the three calls of the larger branch; `small` makes one. */
    const charged = async (who: Tenant, model: string): Promise<number> => {
      const before = remaining(await ask(who), who);
      await ask(who, model);
      return before - remaining(await ask(who), who) - 10;
    };
    assert.deepEqual([await charged('settled', 'small'), await charged('settled', 'large')], [23, 30]);
    assert.deepEqual([await charged('wholly', 'small'), await charged('wholly', 'large')], [10, 30]);
  });

  it('takes of all that are about a call, or of none', async () => {
    const { answered } = await flood(40, () => ask('several'));
    assert.equal(answered, 10);
    const other = await ask('several', 'three');
    assert.equal(remaining(other, 'wide'), 89);
  });

  it('counts together, or for each, as its dimensions say', async () => {
    const both = await Promise.all([flood(20, () => ask('left')), flood(20, () => ask('right'))]);
    assert.equal(
      both.reduce((sum, { answered }) => sum + answered, 0),
      10,
    );
    const each = await Promise.all([
      flood(10, () => ask('each')),
      flood(10, () => ask('each', 'three')),
      flood(10, () => ask('other')),
    ]);
    assert.deepEqual(
      each.map(({ answered }) => answered),
      [5, 5, 5],
    );
  });

  it('is paid once by a call, whatever the graph asks inside, pipelines and transforms too', async () => {
    const before = remaining(await ask('inside'), 'outer');
    const { answered } = await flood(20, () => ask('inside', 'nested'));
    assert.equal(answered, 20);
    assert.equal(remaining(await ask('inside'), 'outer'), before - 21);
  });
});
