import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Infer, InferError, type Principal, parseExplanation } from '@sheaf/inference';
import { createSight } from './sight.ts';
import { tellOnlySeen } from './tell-seen.ts';
import { acme, contextOf, requestOf } from './testing/test-call.ts';
import { noSuchModel } from './visibility.ts';

const sightOf = createSight({
  names: new Set(['public', 'digits', 'secret', 'deep', 'alias']),
  transforms: new Map([
    ['own-crop', ['public', 'deep']],
    ['./own/crop.ts', ['public', 'deep']],
    ['fraudscore', ['deep']],
    ['./fraud/score.ts', ['deep']],
  ]),
  services: new Map([
    ['fraudscore', ['fraudscore']],
    ['own-crop', ['own-crop']],
    ['secret', ['secret']],
    ['shared', ['secret', 'digits']],
    ['crops', []],
  ]),
  labels: new Map([
    ['public', new Set(['read', 'vote', 'one'])],
    ['deep', new Set(['inner', 'read', 'strict'])],
  ]),
});
const narrow: Principal = { ...acme, models: ['public', 'digits'] };

async function told(infer: Infer, principal = narrow, request = requestOf('public')): Promise<unknown> {
  const layer = tellOnlySeen(sightOf)(infer);
  return layer(request, contextOf({ principal }).context).then(
    ({ parameters }) => Object.fromEntries(parameters),
    (error: unknown) => error,
  );
}
const refusing = (message: string, details: ConstructorParameters<typeof InferError>[2] = {}, code = 'UNAVAILABLE') =>
  (async () => {
    throw new InferError(code as 'UNAVAILABLE', message, details);
  }) satisfies Infer;
const answering = (parameters: Record<string, string>): Infer => {
  const answer = { model: 'public', version: '1', parameters: new Map(Object.entries(parameters)), outputs: [] };
  return async () => answer;
};

describe('what a caller may not see', () => {
  it('is named in no error: neither the sentence, nor the details, nor the decision', async () => {
    const error = await told(
      refusing('stage read: stage inner: service secret: "secret" version 3 has failed too often; model secret/3', {
        reason: 'CIRCUIT_OPEN',
        metadata: {
          stage: 'read, inner',
          service: 'secret',
          model: 'secret',
          version: '3',
          endpoint: '127.0.0.1:9',
          attempts: '2',
        },
        about: { kind: 'resource', type: 'model', name: 'secret/3' },
        decision: 'breaker:secret',
        retryAfterMs: 70,
      }),
    );
    assert.ok(error instanceof InferError);
    const { code, message, reason, metadata, about, decision, retryAfterMs } = error;
    assert.deepEqual(
      { code, message, reason, metadata, about, decision, retryAfterMs },
      {
        code: 'UNAVAILABLE',
        message: 'stage read: stage hidden-1: service hidden-2: "hidden-2" has failed too often; model hidden-2',
        reason: 'CIRCUIT_OPEN',
        metadata: { stage: 'read, hidden-1', service: 'hidden-2', model: 'hidden-2', attempts: '2' },
        about: { kind: 'resource', type: 'model', name: 'hidden-2' },
        decision: 'breaker:hidden-2',
        retryAfterMs: 70,
      },
    );
  });

  it('is not told apart from what is not there by what its caller has said', async () => {
    for (const name of ['secret', 'ghost']) {
      const request = requestOf(name);
      const error = await told(() => Promise.reject(noSuchModel(name)), narrow, request);
      assert.match((error as Error).message, new RegExp(`"${name}"`));
      const wrong = await told(refusing(`metadata "x-priority": want standard, got "${name}"`, {}, 'INVALID_ARGUMENT'));
      assert.match((wrong as Error).message, new RegExp(`got "${name}"`));
    }
  });

  it('is not told by what else its caller has said: neither in sentences nor in what tells how an answer came to be', async () => {
    // The caller cannot tell a name that it guessed from one that nobody has.
    const inside = (word: string): InferError =>
      new InferError('UNAVAILABLE', `stage read: service ${word}: "${word}" has been stopped`);
    const tell = { sheaf_versions: 'read=secret/3', sheaf_explanation: '' };
    const parameters = new Map([['secret', true]]);
    const outputs = ['secret', 'deep'];
    for (const request of [requestOf('public', { parameters, outputs }), requestOf('public')]) {
      const answer = await told(answering(tell), narrow, request);
      assert.deepEqual(answer, { ...tell, sheaf_versions: 'read=hidden-1' });
      const error = await told(() => Promise.reject(inside('secret')), narrow, request);
      assert.equal((error as Error).message, 'stage read: service hidden-1: "hidden-1" has been stopped');
    }
    const sentences = [
      // A name may have quotes, and a version words.
      [(word: string) => `no input "a" ${word} "b"; the inputs are x`, 'INVALID_ARGUMENT', 'public', ''],
      [(word: string) => `no input "a" ${word}"; the inputs are x`, 'INVALID_ARGUMENT', 'public', ''],
      [(word: string) => `there is no model or pipeline "is ${word} there"`, 'NOT_FOUND', 'is WORD there', ''],
      [(word: string) => `"public" has no version ${word}; it has 1`, 'NOT_FOUND', 'public', 'WORD'],
    ] as const;
    for (const [sentence, code, asked, askedVersion] of sentences)
      for (const word of ['secret', 'ghost']) {
        const [model, version] = [asked, askedVersion].map((text) => text.replace('WORD', word)) as [string, string];
        const about = { kind: 'resource', type: 'model', name: version ? `${model}/${version}` : model } as const;
        const error = await told(refusing(sentence(word), { about }, code), narrow, requestOf(model, { version }));
        assert.equal((error as Error).message, sentence(word));
      }
  });

  it('is no transform of hidden pipelines, nor the service that runs it', async () => {
    const error = (name: string): Promise<unknown> =>
      told(refusing(`transform "${name}" wants the network: say network: true under services.${name} in mesh.yaml`));
    assert.match(((await error('fraudscore')) as Error).message, /^transform "hidden-1" .* services\.hidden-1 in/);
    assert.match(((await error('own-crop')) as Error).message, /^transform "own-crop" .* services\.own-crop in/);
    const plan = (path: string): string => JSON.stringify({ stages: [{ name: 'read', asks: `transform ${path}` }] });
    assert.deepEqual(await told(answering({ sheaf_plan: plan('./fraud/score.ts') })), {
      sheaf_plan: plan('hidden-1'),
    });
    assert.deepEqual(await told(answering({ sheaf_plan: plan('./own/crop.ts') })), {
      sheaf_plan: plan('./own/crop.ts'),
    });
  });

  it('leaves an error as it is that names nothing of it', async () => {
    const error = new InferError('UNAVAILABLE', 'stage read: service shared cannot be reached', {
      metadata: { stage: 'read' },
    });
    assert.equal(
      await told(async () => {
        throw error;
      }),
      error,
    );
  });

  it('is named in nothing that an answer tells of how it came to be', async () => {
    const tell = {
      sheaf_versions: 'read.one=secret/3, read=digits/2, vote.inner=deep/1',
      sheaf_ensembles: '{"vote.inner":{"used":{"one":1,"secret":0.5},"missing":{}}}',
      sheaf_rerouted: 'public -> deep',
      sheaf_plan: JSON.stringify({
        stages: [{ name: 'read', asks: 'model "secret"', steps: [{ name: 'inner', asks: 'x' }] }],
      }),
      own: 'secret',
    };
    assert.deepEqual(await told(answering(tell)), {
      sheaf_versions: 'read.one=hidden-1, read=digits/2, vote.hidden-2=hidden-3',
      sheaf_ensembles: '{"vote.hidden-2":{"used":{"one":1,"hidden-1":0.5},"missing":{}}}',
      sheaf_rerouted: 'public -> hidden-3',
      sheaf_plan: JSON.stringify({
        stages: [{ name: 'read', asks: 'model "hidden-1"', steps: [{ name: 'hidden-2', asks: 'x' }] }],
      }),
      own: 'secret',
    });
    assert.deepEqual(await told(answering(tell), { ...narrow, models: ['*'] }), tell);
    assert.deepEqual(await told(answering(tell), { ...narrow, roles: ['observe'] }), tell);
  });

  it('leaves the tree of an explanation with its times and numbers', async () => {
    const node = (kind: string, name: string, attributes: object, ...children: object[]) => ({
      kind,
      name,
      startMs: 1,
      ms: 2,
      code: 'OK',
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
      children,
    });
    const tree = node(
      'request',
      'gateway ModelInfer',
      { 'sheaf.route': 'alias -> public' },
      node(
        'stage',
        'read',
        {},
        node(
          'try',
          'secret',
          { 'sheaf.model': 'secret', 'sheaf.version': '3', 'sheaf.attempt': 1 },
          node('run', 'secret/3', { 'sheaf.batch.rows': 4 }),
        ),
      ),
      node(
        'pipeline',
        'deep',
        {},
        node('stage', 'inner', {}),
        node('rules', 'before', { 'sheaf.rule.strict': 'refuse: acted' }),
      ),
      node('try', 'shared', { 'sheaf.model': 'digits', 'sheaf.version': '2' }),
    );
    const { sheaf_explanation: shown } = (await told(answering({ sheaf_explanation: JSON.stringify(tree) }))) as Record<
      string,
      string
    >;
    assert.deepEqual(
      parseExplanation(shown),
      node(
        'request',
        'gateway ModelInfer',
        { 'sheaf.route': 'hidden-1 -> public' },
        node(
          'stage',
          'read',
          {},
          node(
            'try',
            'hidden-2',
            { 'sheaf.model': 'hidden-2', 'sheaf.attempt': 1 },
            node('run', 'hidden-2', { 'sheaf.batch.rows': 4 }),
          ),
        ),
        node(
          'pipeline',
          'hidden-3',
          {},
          node('stage', 'hidden-4', {}),
          node('rules', 'before', { 'sheaf.rule.hidden-5': 'refuse: acted' }),
        ),
        node('try', 'shared', { 'sheaf.model': 'digits', 'sheaf.version': '2' }),
      ),
    );
  });
});
