import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type Principal, type Role } from '@sheaf/inference';
import { createAdmission, methodRoles, type Shown } from './admission.ts';
import type { OpenMethods } from './spec.ts';
import { acme } from './testing/test-call.ts';

const nobody = (): never => {
  throw new InferError('UNAUTHENTICATED', 'want a credential', { reason: 'CREDENTIALS_MISSING' });
};
const shown = (method: string): Shown => ({ method, metadata: () => undefined, peer: undefined });
const withRoles = (...roles: Role[]): Principal => ({ ...acme, roles });

function outcome(roles: readonly Role[], method: string, open: readonly OpenMethods[] = []): string {
  try {
    const principal = createAdmission(() => withRoles(...roles), open)(shown(method));
    return principal instanceof Promise ? 'later' : principal.tenant;
  } catch (error) {
    assert.ok(error instanceof InferError);
    return `${error.code} ${error.reason} ${error.metadata['role']} ${error.decision}`;
  }
}

describe('admission', () => {
  for (const [method, wanted] of Object.entries(methodRoles))
    it(`${method} is for ${wanted}`, () => {
      for (const own of [
        [],
        ['infer'],
        ['observe'],
        ['publish'],
        ['report'],
        ['admin'],
        ['observe', 'admin'],
      ] as const) {
        const has = (role: Role): boolean => (own as readonly Role[]).includes(role);
        const oneOf = [wanted].flat().filter((role) => role !== 'any');
        const may = wanted === 'any' || oneOf.some((role) => has(role) || (role !== 'infer' && has('admin')));
        const want = may ? 'acme' : `PERMISSION_DENIED ROLE_MISSING ${oneOf.join(' or ')} authorisation`;
        assert.equal(outcome(own, method), want, `${own}`);
      }
    });

  it('asks for the credential before it says that nobody has such a method', () => {
    for (const method of ['/sheaf.admin.v1.Admin/Nothing', '/__proto__', 'constructor', '']) {
      assert.equal(outcome(['infer'], method), 'acme');
      assert.throws(() => createAdmission(nobody, [])(shown(method)), { code: 'UNAUTHENTICATED' });
    }
  });

  it('opens the services that are opened, and no other, to whoever comes; they see no model', () => {
    const health = '/grpc.health.v1.Health/Check';
    const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const admit = createAdmission(nobody, ['health']);
    const principal = admit(shown(health)) as Principal;
    assert.deepEqual([principal.tenant, principal.roles, principal.models], ['anonymous', [], []]);
    assert.throws(() => admit(shown(reflection)), { code: 'UNAUTHENTICATED' });
    assert.throws(() => admit(shown('/grpc.healthy.v1.Health/Check')), { code: 'UNAUTHENTICATED' });
    const both = createAdmission(nobody, ['health', 'reflection'])(shown(reflection)) as Principal;
    assert.equal(both.tenant, 'anonymous');
  });

  it('hands on all that a caller has shown', () => {
    const peer = { commonName: 'reader', alternativeNames: [], fingerprint: 'f', expiresAt: 1 };
    const metadata = (key: string): string => `the ${key}`;
    let seen: unknown;
    const admit = createAdmission((credentials) => {
      seen = credentials;
      return acme;
    }, []);
    assert.equal(admit({ method: '/inference.GRPCInferenceService/ModelInfer', metadata, peer }), acme);
    assert.deepEqual(seen, {
      apiKey: 'the x-api-key',
      authorization: 'the authorization',
      certificate: peer,
      metadata,
    });
  });

  it('holds to the roles those who are known only later', async () => {
    const admit = createAdmission(async () => withRoles('observe'), []);
    await assert.rejects(Promise.resolve(admit(shown('/inference.GRPCInferenceService/ModelInfer'))), {
      code: 'PERMISSION_DENIED',
      message: 'this method wants the role infer',
    });
    assert.equal((await admit(shown('/sheaf.admin.v1.Admin/GetLimits'))).tenant, 'acme');
  });
});
