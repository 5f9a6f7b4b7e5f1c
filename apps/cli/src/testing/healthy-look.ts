/** What the doctor finds where nothing is wrong, and ways to make something of it wrong. */
import { type Mesh, pipelineDigest, policiesDigest } from '@sheaf/mesh';
import type { Gateway, Look, Process } from '../doctor/look.ts';

export const now = 1_800_000_000_000;
export const dayMs = 86_400_000;
const tensor = { name: 'x', datatype: 'FP32', shape: [-1, 2] };

const pipeline = { spec: { pipeline: 'p', version: 1 } };

export const mesh = {
  folder: '/mesh',
  pipelines: [pipeline],
  gateway: { host: '127.0.0.1', port: 8001, replicas: 1 },
  models: [
    {
      name: 'm',
      batching: {},
      instances: 1,
      intraOpThreads: 1,
      versions: [{ version: '1', content: { digest: 'sha256:one' }, signature: { inputs: [tensor], outputs: [] } }],
    },
  ],
  services: [{ name: 'm', models: ['m'], transforms: [], replicas: 1 }],
  policies: { limits: [] },
} as unknown as Mesh;

export const configuration = {
  gateway: { host: '127.0.0.1', port: 8001, tls: null },
  models: [{ name: 'm', contents: [{ version: '1', digest: 'sha256:one', properties: {} }] }],
  services: [{ name: 'm', models: ['m'], transforms: [], ready: true, endpoints: [{ target: 'here:1', ready: true }] }],
  out: [],
  pipelines: [
    {
      name: 'p',
      version: '1',
      ready: true,
      digest: pipelineDigest(mesh, mesh.pipelines[0] as Mesh['pipelines'][number]),
    },
  ],
  policies: { hash: policiesDigest(mesh) },
} as unknown as Gateway['configuration'];

const key = {
  ...{ id: 'k1', tenant: 't', roles: [], models: [], priority: 'standard', note: '' },
  ...{ createdAtMs: now - 90 * dayMs, expiresAtMs: 0, revokedAtMs: 0, rotatedAtMs: 0, replacedUntilMs: 0 },
  lastUsedAtMs: now - 1_000,
};

export const breaker = {
  ...{ service: 'm', endpoint: 'here:1', model: 'm', version: '', state: 'closed', sinceMs: now - 60_000 },
  ...{ calls: 100, failures: 0, trialAtMs: 0, shutOut: [], openedMs: [] },
};

export const gateway: Gateway = {
  configuration,
  breakers: [breaker],
  limits: [{ name: 'burst', policy: '', buckets: [{ whose: { tenant: 't' }, remaining: 5, resetMs: 0 }] }],
  quarantine: { requests: [], offenders: [] },
  auditBrokenAt: 0,
  builds: [
    { process: 'gateway 1', node: 'v26.10.0', onnxruntime: '' },
    { process: 'm 1', node: 'v26.10.0', onnxruntime: '1.30.0' },
  ],
  keys: [key],
};

export const running: Process = {
  ...{ name: 'gateway', pid: 1, isReady: true, failure: undefined, notices: [] },
  ...{ memoryBytes: 2 ** 27, openFilesMax: 1_048_576, executable: '/usr/bin/node' },
};

/** Nothing is wrong with it. */
export const well: Look = {
  folder: 'mesh',
  now,
  env: {},
  machine: { cores: 64, memoryBytes: 2 ** 34, cgroupBytes: undefined, isMusl: false, inotifyWatchesMax: 524_288 },
  mesh,
  mistakes: [],
  processes: [running],
  gateway,
  silence: undefined,
  certificates: [{ file: 'own.crt', endsMs: now + 31 * dayMs }],
  disks: [{ what: 'the disk', path: '/', freeBytes: 2 ** 40 }],
  registryAway: undefined,
  peers: [{ kind: 'redis', place: 'r:6379' }],
  quantized: [],
  accessLogProblem: undefined,
};

export const withConfiguration = (changed: object): Partial<Look> => ({
  gateway: { ...gateway, configuration: { ...configuration, ...changed } },
});
export const part = { kind: 'model', name: 'n', version: '1', why: 'it is broken' };
export const withBreaker = (changed: object): Partial<Look> => ({
  gateway: { ...gateway, breakers: [{ ...breaker, ...changed }] },
});
export const withBuild = (build: Gateway['builds'][number]): Partial<Look> => ({
  gateway: { ...gateway, builds: [...gateway.builds, build] },
});
export const withKey = (changed: object): Partial<Look> => ({
  gateway: { ...gateway, keys: [{ ...key, ...changed }] },
});
export const withModel = (changed: object): Partial<Look> => ({
  mesh: { ...mesh, models: [{ ...mesh.models[0], ...changed }] } as Mesh,
});
export const withHost = (host: string): Partial<Look> =>
  withConfiguration({ gateway: { host, port: 8001, tls: null } });

export const withReplicas = (replicas: number): Partial<Look> => ({
  mesh: { ...mesh, services: [{ ...mesh.services[0], replicas }] } as Mesh,
});

/** For each check: what it finds something in, and how that begins; and what it finds nothing in, where that is close by. */
export type Cases = Readonly<
  Record<string, { readonly ill: readonly [Partial<Look>, RegExp][]; readonly fine?: readonly Partial<Look>[] }>
>;
