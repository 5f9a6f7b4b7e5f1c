import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallContext, InferRequest } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { createAnswerIdentity } from './answer-identity.ts';
import type { Catalog } from './catalog.ts';

/** Two pipelines over a model of ours and one of somebody else's server. */
const meshWith = (changes: Record<string, unknown> = {}) =>
  ({
    services: [
      { name: 'own', models: ['own'], transforms: [] },
      { name: 'far', models: ['far'], transforms: [], endpoint: 'one.example:8001', ...changes },
    ],
    pipelines: [{ spec: { pipeline: 'both', version: 1, stages: [], context: [], rules: { before: [], after: [] } } }],
    transforms: [],
    aliases: new Map(),
  }) as unknown as Mesh;
const catalog = { versions: { ofCall: () => '1' }, callsOf: () => [] } as unknown as Catalog;

const identityOf = (model: string, mesh: Mesh, fingerprint = 'f1'): string | undefined =>
  createAnswerIdentity(
    mesh,
    catalog,
    new Map([['own', fingerprint]]),
  )({ model, version: '' } as InferRequest, { snapshot: { epoch: 1 }, metadata: (key) => `of ${key}` } as CallContext);

describe('what an answer depends on', () => {
  it('is the same as long as the mesh is', () => {
    for (const model of ['own', 'far', 'both'])
      assert.equal(identityOf(model, meshWith()), identityOf(model, meshWith()));
  });

  it('is, of a model of ours, its own service alone, and of all else whatever the mesh runs', () => {
    const moved = meshWith({ endpoint: 'two.example:8001' });
    assert.equal(identityOf('own', moved), identityOf('own', meshWith()));
    for (const model of ['own', 'both'])
      assert.notEqual(identityOf(model, meshWith(), 'f2'), identityOf(model, meshWith()));
  });

  for (const [what, changes] of Object.entries({
    'another address': { endpoint: 'two.example:8001' },
    'other metadata': { sent: { metadata: { tenant: 'b' }, forward: [] } },
    'metadata of the caller': { sent: { metadata: {}, forward: ['x-user'] } },
  }))
    it(`is another one where somebody else's server is asked with ${what}`, () => {
      for (const model of ['far', 'both'])
        assert.notEqual(identityOf(model, meshWith(changes)), identityOf(model, meshWith()), model);
    });
});
