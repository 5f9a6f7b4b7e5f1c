import assert from 'node:assert/strict';
import { it } from 'node:test';
import { InferError, type Principal } from '@sheaf/inference';
import { createRepository, type RepositoryPorts } from './repository.ts';
import type { Revision } from './revision.ts';

const adminOf = (...models: string[]): Principal => ({
  ...{ id: 'key:1', tenant: 'acme', roles: ['admin'], priority: 'standard', claims: {} },
  models,
});

it('tells an admin of few models nothing of others when something cannot be loaded or unloaded', async () => {
  const refusals = {
    load: new InferError('NOT_FOUND', 'there is no model or pipeline "iris-9" in the folder; there are iris, secret'),
    unload: new InferError('FAILED_PRECONDITION', '"iris" is asked by "secret", which is loaded; unload that first'),
  };
  const repository = createRepository({
    current: () => ({}) as Revision,
    audit: { append: async () => {} } as unknown as RepositoryPorts['audit'],
    control: ({ action }) => Promise.reject(refusals[action]),
    loading: () => [],
  });
  await assert.rejects(repository.load('iris-9', adminOf('*')), refusals.load);
  await assert.rejects(repository.unload('iris', false, adminOf('*')), refusals.unload);
  const narrow = adminOf('iris*');
  await assert.rejects(repository.load('iris-9', narrow), { code: 'NOT_FOUND', message: /^(?!.*secret).*iris-9/ });
  await assert.rejects(repository.unload('iris', false, narrow), {
    code: 'FAILED_PRECONDITION',
    message: '"iris" cannot be unloaded as things are; a credential for all models is told why',
  });
});
