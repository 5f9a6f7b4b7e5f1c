import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Mesh } from '@sheaf/mesh';
import {
  configuration,
  dayMs,
  gateway,
  mesh,
  now,
  part,
  running,
  well,
  withBreaker,
  withConfiguration,
  withHost,
  withKey,
  withModel,
  withReplicas,
} from '../testing/healthy-look.ts';
import { checks } from './checks.ts';
import type { Look } from './look.ts';

/** For each check: what it finds something in, and how that begins; and what it finds nothing in, where that is close by. */
const cases: Readonly<
  Record<string, { readonly ill: readonly [Partial<Look>, RegExp][]; readonly fine?: readonly Partial<Look>[] }>
> = {
  silentGateway: {
    ill: [
      [
        { silence: { address: 'a:1', why: 'it is down' }, gateway: undefined },
        /^error: no gateway answers at a:1: it is down/,
      ],
    ],
  },
  portTaken: {
    ill: [
      [{ silence: { address: 'a:1', why: 'it does not speak gRPC' }, processes: [] }, /^error: something else answers/],
    ],
    fine: [{ silence: { address: 'a:1', why: 'connection refused' }, processes: [] }],
  },
  processesDown: {
    ill: [
      [{ processes: [{ ...running, isReady: false, failure: 'SIGKILL' }] }, /^error: gateway does not run: SIGKILL/],
    ],
  },
  endpointsNotReady: {
    ill: [
      [
        withConfiguration({ services: [{ name: 'm', ready: false, endpoints: [{ target: 'here:1', ready: false }] }] }),
        /^error: service m is not ready at here:1/,
      ],
      [
        withConfiguration({
          services: [
            {
              name: 'm',
              ready: true,
              endpoints: [
                { target: 'a', ready: true },
                { target: 'b', ready: false },
              ],
            },
          ],
        }),
        /^warning: .* at b/,
      ],
    ],
  },
  partsOut: {
    ill: [[withConfiguration({ out: [{ ...part, keeps: false }] }), /^error: model n\/1 is not served: it is broken/]],
    fine: [withConfiguration({ out: [{ ...part, keeps: true }] })],
  },
  registryAway: {
    ill: [[{ registryAway: 'nobody answers' }, /^warning: the registry is away, .*: nobody answers$/]],
  },
  reloadFailed: {
    ill: [[withConfiguration({ out: [{ ...part, keeps: true }] }), /^warning: model n goes on as it was/]],
    fine: [withConfiguration({ out: [{ ...part, keeps: false }] })],
  },
  reloadPending: {
    ill: [
      [
        withConfiguration({ models: [{ name: 'm', contents: [{ version: '1', digest: 'sha256:two' }] }] }),
        /^warning: the folder holds other models .*: m$/,
      ],
      [withConfiguration({ models: [...(configuration.models ?? []), { name: 'old', contents: [] }] }), /: old$/],
    ],
  },
  folderMistakes: {
    ill: [[{ mistakes: ['mesh.yaml:1: wrong'] }, /^error: the folder has a mistake: mesh.yaml:1: wrong/]],
  },
  breakersOpen: {
    ill: [
      [withBreaker({ state: 'open' }), /^error: the breaker of m at here:1 \(m\) is open/],
      [withBreaker({ state: 'forced-open' }), /^error: .* is forced open/],
      [withBreaker({ state: 'forced-closed' }), /^note: /],
      [withBreaker({ shutOut: ['acme'] }), /^warning: .* no calls of acme/],
      [withBreaker({ calls: 10, failures: 3 }), /^warning: .*3 of 10 calls failed/],
    ],
    fine: [withBreaker({ calls: 10, failures: 2 }), withBreaker({ calls: 100, failures: 29 })],
  },
  quarantined: {
    ill: [
      [
        {
          gateway: {
            ...gateway,
            quarantine: {
              requests: [{ model: 'm', version: '1', digest: 'd', refused: true, untilMs: now }],
              offenders: [],
            },
          },
        },
        /^warning: .*\(model m\)/,
      ],
    ],
  },
  limitsUsedUp: {
    ill: [
      [
        {
          gateway: {
            ...gateway,
            limits: [{ name: 'burst', policy: '', buckets: [{ whose: { tenant: 't' }, remaining: 0.9, resetMs: 1 }] }],
          },
        },
        /^warning: the limit burst refuses 1 of 1 callers, such as tenant t/,
      ],
    ],
  },
  auditBroken: { ill: [[{ gateway: { ...gateway, auditBrokenAt: 7 } }, /^error: the audit trail .* entry 7 on/]] },
  keysUnused: {
    ill: [[withKey({ lastUsedAtMs: 0 }), /^note: keys were never used .*: k1$/]],
    fine: [withKey({ lastUsedAtMs: 0, createdAtMs: now - dayMs }), withKey({ lastUsedAtMs: 0, revokedAtMs: now })],
  },
  keysEnding: {
    ill: [[withKey({ expiresAtMs: now + 6 * dayMs }), /^warning: keys that are used end within 7 days: k1/]],
    fine: [withKey({ expiresAtMs: now + 8 * dayMs }), withKey({ expiresAtMs: now - 1 })],
  },
  certificatesEnding: {
    ill: [
      [
        { certificates: [{ file: 'own.crt', endsMs: now + 29 * dayMs }] },
        /^warning: the certificate own.crt ends in 29 days/,
      ],
      [{ certificates: [{ file: 'own.crt', endsMs: now - 1 }] }, /^error: .* ended on/],
    ],
  },
  exposed: {
    ill: [[withHost('0.0.0.0'), /^warning: the gateway listens on 0.0.0.0 in plain text/]],
    fine: [withConfiguration({ gateway: { host: '0.0.0.0', port: 1, tls: {} } })],
  },
  threads: {
    ill: [
      [
        { machine: { ...well.machine, cores: 1 }, ...withReplicas(8) },
        /^warning: service m runs 8 threads at once \(8 /,
      ],
    ],
    fine: [withReplicas(8)],
  },
  memory: {
    ill: [
      [
        { machine: { ...well.machine, cgroupBytes: 2 ** 27 + 2 ** 24 } },
        /^warning: the processes take 128 MiB of 144 MiB/,
      ],
      [{ machine: { ...well.machine, cgroupBytes: 2 ** 27 } }, /^error: /],
    ],
  },
  memoryLimits: {
    ill: [
      [{ machine: { ...well.machine, cgroupBytes: 2 ** 33 } }, /^note: the container may take 8192 MiB/],
      [
        {
          machine: { ...well.machine, cgroupBytes: 2 ** 30 },
          mesh: { ...mesh, services: [{ ...mesh.services[0], memoryMaxBytes: 2 ** 31 }] } as Mesh,
        },
        /^warning: the services may take 2048 MiB/,
      ],
    ],
  },
  unbatched: {
    ill: [
      [withModel({ batching: undefined }), /^note: model m is not batched/],
      [
        { processes: [{ ...running, notices: ['model m/1: not batched: its rows differ'] }] },
        /^note: model m\/1: not batched: its rows differ/,
      ],
    ],
  },
  quantized: { ill: [[{ quantized: ['m/1'] }, /^note: models quantize .*: m\/1/]] },
  clocks: {
    ill: [[withKey({ lastUsedAtMs: now + 6_000 }), /^warning: the clock of the gateway is 6 s ahead/]],
    fine: [withKey({ lastUsedAtMs: now + 4_000 })],
  },
  disks: {
    ill: [
      [{ disks: [{ what: 'the disk', path: '/', freeBytes: 2 ** 28 }] }, /^warning: the disk has 256 MiB left/],
      [{ disks: [{ what: 'the disk', path: '/', freeBytes: 1 }] }, /^error: /],
    ],
  },
  watches: {
    ill: [[{ machine: { ...well.machine, inotifyWatchesMax: 100 } }, /^note: /]],
    fine: [{ machine: { ...well.machine, inotifyWatchesMax: undefined } }],
  },
  openFiles: {
    ill: [
      [
        { processes: [{ ...running, openFilesMax: 1_024 }] },
        /^warning: gateway may have 1024 files open, and 4096 connections/,
      ],
    ],
    fine: [{ processes: [{ ...running, name: 'm', openFilesMax: 1_024 }] }],
  },
  peers: {
    ill: [
      [
        { peers: [{ kind: 'redis', place: 'r:6379', problem: 'ECONNREFUSED' }] },
        /^error: Redis cannot be reached at r:6379/,
      ],
      [{ peers: [{ kind: 'collector', place: 'c:4318', problem: 'ECONNREFUSED' }] }, /^warning: the collector/],
    ],
  },
  accessLog: {
    ill: [
      [{ accessLogProblem: 'calls.log (EACCES)' }, /^error: the access log cannot be written: calls.log \(EACCES\)/],
    ],
  },
  proxies: {
    ill: [
      [
        {
          env: { HTTPS_PROXY: 'http://p' },
          mesh: { ...mesh, services: [{ ...mesh.services[0], endpoint: 'far:1' }] } as Mesh,
        },
        /^note: servers of others .* HTTPS_PROXY/,
      ],
    ],
    fine: [
      { env: { HTTPS_PROXY: 'http://p' } },
      {
        env: { HTTPS_PROXY: 'http://p', NO_PROXY: 'far' },
        mesh: { ...mesh, services: [{ ...mesh.services[0], endpoint: 'far:1' }] } as Mesh,
      },
    ],
  },
  musl: { ill: [[{ machine: { ...well.machine, isMusl: true } }, /^error: this system has musl/]] },
  versions: {
    ill: [
      [
        { processes: [{ ...running, executable: '/usr/bin/node (deleted)' }] },
        /^warning: Node was replaced since these were started: gateway/,
      ],
      [
        { processes: [running, { ...running, name: 'm', executable: '/opt/node' }] },
        /^warning: the processes run on different files of Node/,
      ],
    ],
  },
};

describe('the checks', () => {
  it('has a case for each check', () => {
    assert.deepEqual(Object.keys(cases).sort(), Object.keys(checks).sort());
  });

  for (const [name, { ill, fine = [] }] of Object.entries(cases)) {
    const found = (changed: Partial<Look>): string[] =>
      (checks[name]?.({ ...well, ...changed }) ?? []).map(({ severity, seen, todo }) => {
        assert.notEqual(todo, '');
        return `${severity}: ${seen}`;
      });
    it(`${name} finds what it is for, and nothing else`, () => {
      for (const [changed, expected] of ill) {
        const [first = '', ...others] = found(changed);
        assert.match(first, expected);
        assert.deepEqual(others, []);
      }
      for (const changed of fine) assert.deepEqual(found(changed), []);
    });
  }
});
