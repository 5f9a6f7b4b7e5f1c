import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  asInferError,
  elements,
  type Infer,
  InferError,
  type Signature,
  type Tensor,
  tensorOf,
} from '@sheaf/inference';
import fc from 'fast-check';
import {
  type Behaviour,
  type DocumentStep,
  type Outcome,
  Reference,
  type StageOutcome,
} from '../testing/plain-reading.ts';
import { buildPipeline, FakeClock, mistakes } from '../testing/test-pipeline.ts';

const vector = (name: string) => ({ name, datatype: 'FP32', shape: [-1], symbols: ['n'] }) as const;
const signature: Signature = { inputs: [vector('x')], outputs: [vector('y')] };
const codes = ['UNAVAILABLE', 'INTERNAL', 'RESOURCE_EXHAUSTED'];
const hanging = codes.length;

/** How a model behaves stands in its name, and no two take as long as one another: what comes first is never a matter of luck. */
const behaviourOf = (name: string): Behaviour => {
  const [, delay, adds, code] = name.split('-').map(Number);
  const delayMs = code === hanging ? 1e9 : (delay ?? 0) / 10_000;
  const behaviour = { delayMs, adds: adds ?? 0 };
  const fails = codes[code ?? -1];
  return fails ? { ...behaviour, fails } : behaviour;
};
const model = fc
  .record({
    delay: fc.integer({ min: 1, max: 4_000_000 }),
    adds: fc.integer({ min: 1, max: 9 }),
    code: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ delay, adds, code }) => `m-${delay}-${adds}-${code}`);

const timeout = fc.option(
  fc.integer({ min: 1, max: 4_000 }).map((tenths) => `${(tenths / 10 + 0.005).toFixed(3)}ms`),
  { nil: undefined, freq: 4 },
);
const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;

const { step } = fc.letrec<{ step: DocumentStep; leaf: DocumentStep }>((tie) => {
  const inner = fc.oneof({ maxDepth: 2, depthSize: 'small' }, tie('leaf'), tie('step')) as fc.Arbitrary<DocumentStep>;
  const member = fc
    .record({
      inner,
      weight: fc.integer({ min: 1, max: 5 }),
      optional: fc.option(fc.boolean(), { nil: undefined }),
      softTimeout: timeout,
    })
    .map(({ inner: own, weight, optional, softTimeout }) => ({ own, weight, optional, softTimeout }));
  const ensemble = fc
    .record({
      members: fc.array(member, { minLength: 1, maxLength: 4 }),
      kind: fc.constantFrom('weighted-mean', 'median', 'first'),
      quorum: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    })
    .map(({ members, kind, quorum }) => {
      const count = kind === 'first' ? undefined : quorum && Math.min(quorum, members.length);
      const bodies = members.map(({ own, weight, optional, softTimeout }, index) => {
        const may = optional ?? count !== undefined;
        const extra = defined({
          weight: kind === 'weighted-mean' ? weight : undefined,
          optional,
          softTimeout: may ? softTimeout : undefined,
        });
        return [`k${index}`, { ...own, ...extra }];
      });
      return defined({ ensemble: Object.fromEntries(bodies), combine: { [kind]: 'y' }, quorum: count }) as DocumentStep;
    });
  const branches = fc.record({ steps: fc.array(inner, { minLength: 1, maxLength: 3 }), taken: fc.nat(3) }).map(
    ({ steps, taken }) =>
      ({
        switch: steps.map((own, index) =>
          index === steps.length - 1 ? own : { ...own, when: index === taken ? 'true' : 'false' },
        ),
      }) as DocumentStep,
  );
  return {
    leaf: fc.record({ model, timeout }).map(defined) as fc.Arbitrary<DocumentStep>,
    step: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      tie('leaf'),
      ensemble,
      branches,
      inner.map((own) => ({ each: own, over: 'x' }) as DocumentStep),
      fc.array(inner, { minLength: 2, maxLength: 3 }).map((steps) => ({ fallback: steps }) as DocumentStep),
    ) as fc.Arbitrary<DocumentStep>,
  };
});

/** Each stage reads the pipeline's input or a stage before it. */
const graphs = fc.array(fc.record({ step, from: fc.nat(5), optional: fc.boolean() }), { minLength: 1, maxLength: 4 });
type Graph = readonly { readonly step: DocumentStep; readonly from: number; readonly optional: boolean }[];

function expected(stages: Graph, reference: Reference, x: readonly number[], deadline: number): Outcome {
  const done: StageOutcome[] = [];
  for (const [index, { step: own, from, optional }] of stages.entries()) {
    const source = from < index ? done[from] : undefined;
    // Behind a failure nothing starts; the pipeline has ended by then.
    if (source && 'code' in source) done.push({ at: Number.POSITIVE_INFINITY, code: source.code });
    else {
      const values = source ? ('values' in source ? source.values : undefined) : x;
      done.push(reference.stage({ ...own, optional }, `s${index}`, values, source?.at ?? 0, deadline));
    }
  }
  const failed = done.flatMap((outcome) => ('code' in outcome ? [outcome] : [])).toSorted((a, b) => a.at - b.at);
  if (failed[0]) return failed[0];
  const good = done.flatMap((outcome) => ('values' in outcome ? [outcome] : []));
  return {
    at: Math.max(...done.map(({ at }) => at)),
    values: good.flatMap(({ values }) => values),
    versions: good.flatMap(({ versions }) => versions),
  };
}

const modelOf =
  ({ delayMs, adds, fails }: Behaviour): Infer =>
  ({ model: name, inputs }, { clock, signal }) =>
    new Promise((resolve, reject) => {
      const stop = clock.after(delayMs, () => {
        if (fails !== undefined) reject(new InferError(fails as InferError['code'], 'no'));
        const [input] = inputs as [Tensor];
        const values = Float32Array.from(elements({ ...input, datatype: 'FP32' }), (value) => value + adds);
        resolve({
          model: name,
          version: '1',
          parameters: new Map(),
          outputs: [tensorOf('y', 'FP32', input.shape, values)],
        });
      });
      signal.addEventListener('abort', () => {
        stop();
        reject(new InferError('CANCELLED', 'the caller cancelled the call'));
      });
    });

describe('the engine and a plain reading of the same document', () => {
  it('give the same answers, errors, versions and times, whatever fails and however long it takes', async () => {
    const seen = { answers: 0, errors: 0 };
    await fc.assert(
      fc.asyncProperty(
        graphs,
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1_000, 1e6),
        async (stages, x, deadline) => {
          const document = {
            pipeline: 'p',
            inputs: { x: { datatype: 'FP32', shape: ['n'] } },
            stages: Object.fromEntries(
              stages.map(({ step: own, from, optional }, index) => [
                `s${index}`,
                { ...own, optional, inputs: { x: from < index ? `s${from}.y` : 'x' } },
              ]),
            ),
            outputs: Object.fromEntries(stages.map((_, index) => [`y${index}`, `s${index}.y?`])),
          };
          const names = [...new Set(JSON.stringify(document).match(/m-[0-9]+-[0-9]-[0-9]/g))];
          const models = Object.fromEntries(names.map((name) => [name, behaviourOf(name)]));
          const signatures = Object.fromEntries(names.map((name) => [name, signature]));
          const fakes = Object.fromEntries(names.map((name) => [name, modelOf(behaviourOf(name))]));
          fc.pre(mistakes(document, { signatures }).length === 0);
          const clock = new FakeClock();
          const call = buildPipeline(document, { signatures, models: fakes, clock });
          const want = expected(stages, new Reference(models), x, deadline);
          const input = tensorOf('x', 'FP32', [x.length], Float32Array.from(x));
          const got = await call({ inputs: [input], deadline }).then(
            ({ outputs, parameters }) => ({
              values: outputs.flatMap((output) => Array.from(elements({ ...output, datatype: 'FP32' }))),
              versions: parameters.get('sheaf_versions'),
            }),
            (error: unknown) => ({ code: asInferError(error).code }),
          );
          if ('code' in want) seen.errors++;
          else seen.answers++;
          assert.deepEqual(
            got,
            'code' in want ? { code: want.code } : { values: want.values, versions: want.versions.join(', ') },
          );
          assert.ok(Math.abs(clock.now() - want.at) < 1e-6, `want ${want.at} ms, got ${clock.now()}`);
          assert.equal(clock.timers, 0, 'no timer is left behind');
        },
      ),
      { numRuns: 1_500 },
    );
    assert.ok(Math.min(seen.answers, seen.errors) > 200, JSON.stringify(seen));
  });
});
