/** Of the mesh that is asked, and its folder. */
import {
  type Cases,
  configuration,
  dayMs,
  gateway,
  now,
  part,
  running,
  withBreaker,
  withConfiguration,
  withKey,
} from './healthy-look.ts';

export const casesOfMesh: Cases = {
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
      [
        withConfiguration({ pipelines: [{ name: 'p', version: '1', ready: true, digest: 'sha256:other' }] }),
        /^warning: the folder holds other pipelines than are served: p\/1$/,
      ],
      [withConfiguration({ pipelines: [] }), /other pipelines .*: p\/1$/],
      [withConfiguration({ policies: null }), /^warning: the folder holds other policies than are in force$/],
    ],
    fine: [
      withConfiguration({ pipelines: [{ name: 'p', version: '1', ready: true }] }),
      withConfiguration({ pipelines: [], out: [{ ...part, kind: 'pipeline', name: 'p' }] }),
    ],
  },
  folderMistakes: {
    ill: [[{ mistakes: ['mesh.yaml:1: wrong'] }, /^error: the folder has a mistake: mesh.yaml:1: wrong/]],
  },
  breakersFlapping: {
    ill: [
      [
        withBreaker({ openedMs: [1, 2, 3].map((minutes) => now - minutes * 60_000) }),
        /^warning: the breaker of m at here:1 \(m\) flaps: it opened 3 times in the last 10 minutes/,
      ],
    ],
    fine: [
      withBreaker({ openedMs: [now - 1, now] }),
      withBreaker({ openedMs: [9, 11, 12].map((minutes) => now - minutes * 60_000) }),
    ],
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
};
