import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Signature } from '@sheaf/inference';
import { createController, type Evidence, type RolloutState } from '@sheaf/rollout';
import type { RegistryCalls, RolloutStandingMessage } from '@sheaf/transport';
import { pushVersion } from '../client/push-version.ts';
import { championsOf, rolloutStoreOf } from '../rollouts/rollout-store.ts';
import { aManifest, aMove, aVersion, refusal } from '../testing/samples.ts';
import { fileOf, openTestService, type TestService } from '../testing/service-samples.ts';

const named = { kind: 'model', name: 'digits' };
const step = { percent: 10, wait: '1s', calls: 10 };
const planJson = JSON.stringify({ versions: { 2: 1 }, steps: [step], guards: { errors: 0.01 } });

/** Versions 1 (the champion), 2 and 3 of one model. */
async function openWithVersions(): Promise<TestService> {
  const service = await openTestService();
  const calls = service.as('ann');
  for (const content of ['one', 'two', 'three'])
    await pushVersion(calls, { ...named, kind: 'model', files: [fileOf('model.onnx', content)], said: {} });
  await calls.moveAlias({ ...named, alias: 'champion', to: '1', expectedEpoch: 0, why: 'the first' });
  return service;
}

const start = (calls: RegistryCalls, json = planJson) => calls.startRollout({ ...named, planJson: json });
const stateOf = ({ rollout }: RolloutStandingMessage): RolloutState =>
  (JSON.parse(rollout?.evidenceJson ?? '') as { state: RolloutState }).state;

const calls = (version: string, count: number, failed = 0): Evidence['arms'] => ({
  [version]: { calls: count, failed, ruled: 0, latency: [0, count - failed], loss: { count: 0, sum: 0 } },
});

describe('rollouts of a registry', () => {
  it('are begun, moved by what gateways report, each source once, and move the alias with why and evidence', async () => {
    await using service = await openWithVersions();
    const ann = service.as('ann');
    const { rollout } = await start(ann);
    assert.deepEqual(
      [rollout?.name, rollout?.versions, rollout?.by, rollout?.state],
      ['digits', [1, 2], 'ann', 'pending'],
    );
    const { store } = service.registry;
    let nowMs = Date.now();
    const rollouts = rolloutStoreOf(store, () => nowMs);
    const { tick } = createController('a', { store: rollouts, champions: championsOf(store), now: () => nowMs });
    const report = (source: string, count: number) =>
      rollouts.report([
        {
          rollout: String(rollout?.id),
          period: 1,
          source,
          evidence: { arms: { ...calls('1', count), ...calls('2', count) }, shadows: {} },
        },
      ]);
    await tick();
    assert.deepEqual(stateOf(await ann.getRollout(named)).phase, { kind: 'canary', step: 0 });
    nowMs += 2_000;
    for (const source of ['a', 'a', 'b']) await report(source, 4);
    await tick();
    const standing = await ann.getRollout(named);
    assert.equal((JSON.parse(standing.seenJson) as Evidence).arms['2']?.calls, 8);
    assert.equal(JSON.parse(standing.readingsJson)[0]?.guard, 'errors');
    await report('b', 6);
    await tick();
    await tick();
    assert.deepEqual(stateOf(await ann.getRollout(named)).phase, { kind: 'promoted', version: '2' });
    const [move] = await store.history('digits', { alias: 'champion' });
    assert.deepEqual([move?.to, move?.by], [2, 'rollout']);
    assert.match(move?.why ?? '', /^rollout 1: canary 1 of 1 \(10 %\) has had 2 s and 10 calls/);
    assert.match(move?.evidence ?? '', /"guard":"errors"/);
    // It stands for the alias until everybody has that, but not against somebody who moves it back.
    const inForce = async () => (await rollouts.inForce()).map(({ state }) => state.phase.kind);
    assert.deepEqual(await inForce(), ['promoted']);
    await ann.moveAlias({ ...named, alias: 'champion', to: '1', expectedEpoch: 2, why: 'back' });
    assert.deepEqual(await inForce(), []);
    // The next one may begin.
    await start(ann, JSON.stringify({ versions: { 3: 1 } }));
  });

  it('are told what to do, by whom and why', async () => {
    await using service = await openWithVersions();
    const ann = service.as('ann');
    await start(ann);
    const { store } = service.registry;
    const rollouts = rolloutStoreOf(store);
    await createController('a', { store: rollouts, champions: championsOf(store), now: Date.now }).tick();
    const held = stateOf(await ann.tellRollout({ ...named, command: 'hold', version: '', why: 'lunch' }));
    assert.deepEqual([held.phase.kind, held.changes.at(-1)?.by, held.changes.at(-1)?.why], ['held', 'ann', 'lunch']);
    await assert.rejects(
      ann.tellRollout({ ...named, command: 'hurry', version: '', why: '' }),
      refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /want hold, resume, abort or promote, got "hurry"/),
    );
    await assert.rejects(
      ann.tellRollout({ ...named, command: 'promote', version: '3', why: '' }),
      refusal('FAILED_PRECONDITION', 'ROLLOUT_STANDS', /want one of the versions 2, got 3/),
    );
    await ann.tellRollout({ ...named, command: 'abort', version: '', why: '' });
    await assert.rejects(
      ann.tellRollout({ ...named, command: 'resume', version: '', why: '' }),
      refusal('FAILED_PRECONDITION', 'ROLLOUT_STANDS', /the rollout is over: aborted/),
    );
  });

  it('take what meshes elsewhere have seen, each source of each credential once, of what is there for it', async () => {
    await using service = await openWithVersions();
    const ann = service.as('ann');
    const begun = await start(ann);
    const { rollout } = begun;
    const { period } = stateOf(begun);
    const sent = (
      count: number,
      id = rollout?.id ?? 0,
      evidence: object = { arms: calls('1', count), shadows: {} },
    ) => [{ rollout: id, period, evidenceJson: JSON.stringify(evidence) }];
    await ann.reportEvidence({ source: 'gateway 1', reports: sent(4) });
    await ann.reportEvidence({ source: 'gateway 1', reports: sent(6) });
    await service.as('bob').reportEvidence({ source: 'gateway 1', reports: sent(1) });
    await service.as('eve', ['other']).reportEvidence({ source: 'gateway 1', reports: sent(100) });
    await ann.reportEvidence({ source: 'gateway 2', reports: sent(100, 99) });
    const { seenJson } = await ann.getRollout(named);
    assert.equal((JSON.parse(seenJson) as Evidence).arms['1']?.calls, 7);
    for (const [source, reports, message] of [
      ['', sent(1), /source: want letters/],
      ['a', sent(1, 1, { arms: {} }), /reports\[0\]\.evidence_json: evidence\.shadows: want an object/],
      ['a', [{ rollout: 1, period: 1, evidenceJson: '{' }], /reports\[0\]\.evidence_json: want JSON/],
    ] as const)
      await assert.rejects(
        ann.reportEvidence({ source, reports: [...reports] }),
        refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', message),
      );
  });

  it('have no version that callers of the champion cannot use', async () => {
    await using service = await openTestService();
    const [ann, { store }] = [service.as('ann'), service.registry];
    const taking = (name: string): Signature => ({ inputs: [{ name, datatype: 'FP32', shape: [1] }], outputs: [] });
    for (const name of ['x', 'z'])
      await store.addVersion(aVersion('', { manifest: aManifest(name, { signature: taking(name) }) }));
    await store.moveAlias(aMove(1, 0));
    const refused = refusal('FAILED_PRECONDITION', 'SIGNATURE_DIFFERS', /version 2 does not take .*input "x" is gone/);
    await assert.rejects(start(ann), refused);
  });

  it('are refused with a sentence where they make no sense', async () => {
    await using service = await openWithVersions();
    const ann = service.as('ann');
    await assert.rejects(ann.getRollout(named), refusal('NOT_FOUND', 'ROLLOUT_NOT_FOUND'));
    const refusals = [
      ['{', 'INVALID_ARGUMENT', 'REGISTRY_INVALID', /plan_json: want JSON/],
      ['{}', 'INVALID_ARGUMENT', 'REGISTRY_INVALID', /versions: /],
      ['{"versions":{"2":1},"stepz":[]}', 'INVALID_ARGUMENT', 'REGISTRY_INVALID', /stepz/],
      ['{"versions":{"1":1}}', 'INVALID_ARGUMENT', 'REGISTRY_INVALID', /version 1 is the champion already/],
      ['{"versions":{"9":1}}', 'NOT_FOUND', 'VERSION_NOT_FOUND', /has no version 9/],
      ['{"versions":{"2":1},"against":"3"}', 'FAILED_PRECONDITION', 'NO_CHAMPION', /the champion is version 1, not 3/],
    ] as const;
    for (const [json, code, reason, message] of refusals)
      await assert.rejects(start(ann, json), refusal(code, reason, message));
    await start(ann);
    await assert.rejects(start(ann), refusal('FAILED_PRECONDITION', 'ROLLOUT_RUNNING', /a rollout that is not over/));
    await assert.rejects(service.as('bob', ['other']).getRollout(named), refusal('NOT_FOUND', 'ENTRY_NOT_FOUND'));
  });
});
