import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, noAliases } from '@sheaf/inference';
import { policiesKeptProblem as keptProblem, type Mesh, resilienceDefault } from '@sheaf/mesh';
import type { PoliciesSpec } from '@sheaf/policies';
import { changedParts, othersProblem } from './what-changed.ts';

const policies: PoliciesSpec = {
  identity: { keys: true, jwt: [], certificates: [], anonymous: undefined },
  open: [],
  limits: [],
  limiter: { share: false, whenGone: 'share' },
  routes: [],
  files: [],
};
const mesh: Mesh = {
  folder: '/srv/mesh',
  models: [],
  transforms: [],
  codeDigest: undefined,
  pipelines: [],
  aliases: noAliases,
  shadows: new Map(),
  jobs: { workers: 1, callsMax: 16, queuedPerTenantMax: 1 },
  services: [],
  limits: defaultLimits,
  policies,
  gateway: { host: '127.0.0.1', port: 8001, replicas: 1, noticeMs: 1_000 },
  tls: undefined,
  out: [],
  resilience: resilienceDefault,
};
const files = new Map([['a', '1']]);

describe('what is different in a folder', () => {
  it('is for the gateway alone when it is pipelines and policies', () => {
    const next = { ...mesh, policies: { ...policies, open: ['health'] as const } };
    assert.deepEqual(changedParts(mesh, next), ['policies']);
    assert.equal(othersProblem(mesh, next, files, files), undefined);
    assert.equal(keptProblem(mesh, next), undefined);
    const wider = { ...mesh, limits: { ...defaultLimits, inputsMax: defaultLimits.inputsMax + 1 } };
    assert.equal(othersProblem(mesh, wider, files, files), undefined, 'a pipeline with more inputs raises it');
    assert.deepEqual(changedParts(mesh, wider), ['limits']);
    assert.deepEqual(changedParts(mesh, structuredClone(mesh)), []);
  });

  const others: [string, Partial<Mesh>, ReadonlyMap<string, string>, RegExp][] = [
    [
      'a limit of the servers',
      { limits: { ...defaultLimits, concurrentStreamsMax: 1 } },
      files,
      /^mesh\.yaml: limits: .*start the mesh again$/,
    ],
    ['a service', { services: [{ name: 'b' } as Mesh['services'][number]] }, files, /^services: .* --watch, or/],
    ['a file that a service runs', {}, new Map([['a', '2']]), /^service a: other processes run/],
  ];
  for (const [name, part, prints, sentence] of others) {
    it(`is for others when it is ${name}`, () => {
      assert.match(othersProblem(mesh, { ...mesh, ...part }, files, prints) ?? '', sentence);
    });
  }

  it('is for nobody when it decides whether callers are asked who they are', () => {
    assert.match(keptProblem(mesh, { ...mesh, policies: undefined }) ?? '', /it is gone, .*start the mesh again$/);
    assert.match(keptProblem({ ...mesh, policies: undefined }, mesh) ?? '', /it is new, /);
    const closed = { ...policies, limiter: { share: false, whenGone: 'closed' as const } };
    assert.match(keptProblem(mesh, { ...mesh, policies: closed }) ?? '', /limiter\.whenRedisIsGone/);
  });
});
