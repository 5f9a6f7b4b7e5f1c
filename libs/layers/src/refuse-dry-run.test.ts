import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CallContext, Journal, monotonicClock, type Parameter, trustedCaller } from '@sheaf/inference';
import { refuseDryRun } from './refuse-dry-run.ts';

async function ask(value: Parameter | undefined): Promise<number> {
  let runs = 0;
  const infer = refuseDryRun(async ({ model }) => {
    runs++;
    return { model, version: '1', parameters: new Map(), outputs: [] };
  });
  const journal = new Journal();
  const context: CallContext = {
    clock: monotonicClock,
    deadline: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span: journal.start('request', 'gateway', undefined),
  };
  const parameters = new Map<string, Parameter>(value === undefined ? [] : [['sheaf_plan', value]]);
  await infer({ model: 'm', version: '', id: '', parameters, inputs: [], outputs: [] }, context);
  return runs;
}

describe('refuseDryRun', () => {
  it('runs a model that nobody asks for a plan', async () => {
    assert.deepEqual([await ask(undefined), await ask(false)], [1, 1]);
  });

  it('does not run one that somebody asks for a plan, and says why', async () => {
    await assert.rejects(ask(true), {
      code: 'INVALID_ARGUMENT',
      message: 'parameters["sheaf_plan"]: "m" is no pipeline; only a pipeline has a plan',
    });
    await assert.rejects(ask('yes'), {
      code: 'INVALID_ARGUMENT',
      message: 'parameters["sheaf_plan"]: want a bool, got a string',
    });
  });
});
