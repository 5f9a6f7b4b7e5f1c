import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  CallCanceller,
  type CallContext,
  type InferRequest,
  Journal,
  monotonicClock,
  trustedCaller,
} from '@sheaf/inference';
import { noEvidence } from '../evidence.ts';
import { shadow } from '../testing/test-rollout.ts';
import type { Traffic } from '../traffic.ts';
import { createCopies } from './copies.ts';

it('a copy that goes wrong in a way that nobody foresaw ends nothing, and leaves its place to the next', async () => {
  const traffic: Traffic = {
    ...{ salt: '', sticky: { kind: 'tenant' }, champion: '1', percent: 0, arms: [], dropped: [] },
    shadows: [{ ...shadow, version: '2', percent: 100, callsInFlightMax: 1 }],
    evidence: noEvidence(),
  };
  const request: InferRequest = {
    ...{ model: 'digits', version: '', id: '', parameters: new Map(), inputs: [], outputs: [] },
  };
  const journal = new Journal();
  const context: CallContext = {
    deadline: monotonicClock.now() + 10_000,
    signal: new CallCanceller(),
    clock: monotonicClock,
    snapshot: { epoch: 3 },
    journal,
    span: journal.start('request', 'test', undefined),
    principal: trustedCaller,
  };
  const response = { model: 'digits', version: '1', parameters: new Map(), outputs: [] };
  const results: string[] = [];
  const copies = createCopies({
    infer: async () => ({ ...response, version: '2' }),
    clock: monotonicClock,
    isBusy: () => false,
    deadlineMs: () => 1_000,
    later: (task) => task(),
    onCopy: ({ result }) => {
      results.push(result);
      throw new Error('it cannot be told');
    },
  });
  for (let call = 0; call < 2; call++) {
    copies.offer({ request, context, outcome: { response }, ms: 1 }, traffic);
    await new Promise(setImmediate);
  }
  assert.deepEqual(results, ['agreed', 'agreed']);
});
