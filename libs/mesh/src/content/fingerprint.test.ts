import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, noAliases } from '@sheaf/inference';
import { resilienceDefault } from '../language/mesh-document.ts';
import type { Mesh, Service } from '../mesh.ts';
import { fingerprint } from './fingerprint.ts';

const service: Service = {
  name: 's',
  models: [],
  transforms: [],
  endpoint: undefined,
  port: 0,
  replicas: 1,
  cpus: 1,
  transport: 'stream',
};
const mesh: Mesh = {
  folder: '/nowhere',
  models: [],
  transforms: [],
  codeDigest: undefined,
  pipelines: [],
  aliases: noAliases,
  shadows: new Map(),
  jobs: { workers: 1, callsMax: 16, queuedPerTenantMax: 1 },
  services: [service],
  limits: defaultLimits,
  policies: undefined,
  out: [],
  gateway: { host: '127.0.0.1', port: 0, replicas: 1, noticeMs: 1_000 },
  resilience: resilienceDefault,
  tls: undefined,
};

describe('the fingerprint of a service', () => {
  it('is another one when it is to have other means, and only then', () => {
    const changes: readonly Partial<Service>[] = [{}, { replicas: 2 }, { cpus: 2 }, { memoryMaxBytes: 2 ** 30 }];
    const prints = changes.map((change) => fingerprint(mesh, { ...service, ...change }));
    assert.equal(new Set(prints).size, changes.length);
    assert.equal(fingerprint(mesh, { ...service }), prints[0]);
  });

  it('is another one when other files are withheld from its transforms, and only then', () => {
    const withheld = { ...mesh, withheld: ['/nowhere/token'] };
    const transforming = { ...service, transforms: ['t'] };
    assert.notEqual(fingerprint(withheld, transforming), fingerprint(mesh, transforming));
    assert.equal(fingerprint(withheld, service), fingerprint(mesh, service));
  });
});
