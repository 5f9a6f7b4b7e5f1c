/** Every method that the public server has is in the table of roles, and nothing else is. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { defaultLimits, InferError } from '@sheaf/inference';
import { methodRoles } from '@sheaf/policies';
import {
  type Backend,
  createServer,
  type LaterServices,
  type RegistryService,
  type Server,
  type ServerOptions,
} from '@sheaf/transport';

const refused = async (): Promise<never> => {
  throw new InferError('UNIMPLEMENTED', 'this server is only looked at');
};
const served: Backend = {
  infer: refused,
  describe: () => {
    throw new InferError('NOT_FOUND', 'there is nothing');
  },
  isReady: () => false,
  names: () => [],
  snapshot: () => ({ epoch: 1 }),
  onJournal: () => {},
};
/** A public server, opened as the gateway opens it. */
const publicly: Backend = {
  ...served,
  statistics: () => [],
  admit: () => ({ id: 'test', tenant: 't', roles: [], models: [], priority: 'standard', claims: {} }),
  repository: { index: () => [], load: refused, unload: refused },
  // Its methods are looked at, and none is called.
  registry: {} as RegistryService,
  later: {
    submit: refused,
    jobs: {} as LaterServices['jobs'],
    operations: {} as LaterServices['operations'],
    predictions: {} as LaterServices['predictions'],
  },
  admin: {
    getConfiguration: refused,
    getLimits: refused,
    getMetrics: refused,
    listAudit: refused,
    listBreakers: refused,
    forceBreakers: refused,
    listQuarantine: refused,
    clearQuarantine: refused,
    listKeys: refused,
    createKey: refused,
    rotateKey: refused,
    revokeKey: refused,
    getLogLevels: refused,
    setLogLevels: refused,
    reload: refused,
    drain: refused,
  },
};
const options: ServerOptions = { name: 'gateway', host: '127.0.0.1', port: 0, limits: defaultLimits };

async function methodsOf(open: () => Promise<Server>): Promise<string[]> {
  const server = await open();
  await server.close(0);
  return [...server.methods].sort();
}

describe('the table of roles', () => {
  let methods: string[];
  before(async () => {
    methods = await methodsOf(() => createServer(options, publicly));
  });
  after(() => methods.splice(0));

  it('has every method that a public server has', () => {
    assert.ok(methods.length > 10, methods.join());
    assert.deepEqual(
      methods.filter((method) => !Object.hasOwn(methodRoles, method)),
      [],
    );
  });

  it('has no method that no public server has', () => {
    assert.deepEqual(
      Object.keys(methodRoles).filter((method) => !methods.includes(method)),
      [],
    );
  });

  it('gives nobody without a role more than looking', () => {
    const open = Object.keys(methodRoles).filter((method) => methodRoles[method] === 'any');
    assert.deepEqual(
      open.filter((method) => /Infer$|Admin|Registry|Jobs|Operations|Predictions/.test(method)),
      [],
    );
  });

  it('is of public servers: administration is on no other', async () => {
    const inner = await methodsOf(() => createServer({ ...options, mesh: true }, served));
    assert.ok(inner.includes('/sheaf.mesh.v1.Mesh/Calls'));
    assert.deepEqual(
      inner.filter((method) => /Admin|Registry|Jobs|Operations|Predictions/.test(method)),
      [],
    );
  });
});
