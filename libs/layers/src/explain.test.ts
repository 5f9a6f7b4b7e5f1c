import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CallContext,
  type Explanation,
  type Infer,
  type InferRequest,
  Journal,
  monotonicClock,
  type Parameter,
  parseExplanation,
  traced,
  trustedCaller,
} from '@sheaf/inference';
import { explainOnRequest } from './explain.ts';

function contextOf(journal: Journal): CallContext {
  const span = journal.start('request', 'gateway', undefined);
  const { signal } = new AbortController();
  return {
    clock: monotonicClock,
    deadline: Number.POSITIVE_INFINITY,
    signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span,
  };
}

const requestWith = (value: Parameter | undefined): InferRequest => ({
  model: 'm',
  version: '',
  id: '',
  parameters: new Map(value === undefined ? [] : [['sheaf_explain', value]]),
  inputs: [],
  outputs: [],
});

const response = { model: 'm', version: '1', parameters: new Map(), outputs: [] };

/** Two stages, the second of which asks another process. */
const core: Infer = async (_request, context) => {
  await traced(context, 'stage', 'first', async () => {});
  await traced(context, 'stage', 'second', async ({ journal, span }) => {
    journal.nest(span, { kind: 'request', name: 'far', startMs: 0, ms: 0, code: 'OK', children: [] });
  });
  return response;
};

describe('the explanation', () => {
  it('refuses what is no bool, by a promise', async () => {
    const asked = explainOnRequest(core)(requestWith('yes'), contextOf(new Journal()));
    await assert.rejects(asked, { code: 'INVALID_ARGUMENT', message: /sheaf_explain.*want a bool/ });
  });

  it('is the tree of the journal, with what other processes told of their part', async () => {
    const { parameters } = await explainOnRequest(core)(requestWith(true), contextOf(new Journal()));
    const explanation = parseExplanation(parameters.get('sheaf_explanation'));
    assert.ok(explanation);
    const names = ({ name, children }: Explanation): unknown => [name, ...children.map(names)];
    assert.deepEqual(names(explanation), ['gateway', ['first'], ['second', ['far']]]);
    const [first, second] = explanation.children;
    assert.ok(first && second && first.startMs <= second.startMs && second.startMs + second.ms <= explanation.ms + 1);
  });

  it('is not made for who does not ask', async () => {
    for (const value of [undefined, false])
      assert.equal(
        await explainOnRequest(async () => response)(requestWith(value), contextOf(new Journal())),
        response,
      );
  });

  it('is asked for by a bool only', async () => {
    await assert.rejects(async () => explainOnRequest(core)(requestWith('yes'), contextOf(new Journal())), {
      code: 'INVALID_ARGUMENT',
      message: 'parameters["sheaf_explain"]: want a bool, got a string',
    });
  });

  it('is read from another process only if it is one', () => {
    for (const text of [7, 'x', '{}', '[]', '{"kind":"run","name":"m","startMs":"0","ms":1,"code":"OK","children":[]}'])
      assert.equal(parseExplanation(text), undefined);
    const deep = (depth: number): string =>
      `{"kind":"run","name":"m","startMs":0,"ms":1,"code":"OK","children":[${depth === 1 ? '' : deep(depth - 1)}]}`;
    assert.ok(parseExplanation(deep(32)));
    assert.equal(parseExplanation(deep(33)), undefined);
  });
});
