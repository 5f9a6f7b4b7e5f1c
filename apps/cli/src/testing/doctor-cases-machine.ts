/** Of keys and certificates, and the machine. */
import type { Mesh } from '@sheaf/mesh';
import {
  type Cases,
  dayMs,
  mesh,
  now,
  running,
  well,
  withBuild,
  withConfiguration,
  withHost,
  withKey,
  withModel,
  withReplicas,
} from './healthy-look.ts';

export const casesOfMachine: Cases = {
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
      [
        withBuild({ process: 'n 1', node: 'v26.9.0', onnxruntime: '1.30.0' }),
        /^warning: the processes run on different versions of Node: v26.10.0 \(gateway 1, m 1\), v26.9.0 \(n 1\)$/,
      ],
      [
        withBuild({ process: 'n 1', node: 'v26.10.0', onnxruntime: '1.29.0' }),
        /^warning: the processes run on different versions of ONNX Runtime: 1.29.0 \(n 1\), 1.30.0 \(m 1\)$/,
      ],
    ],
    fine: [withBuild({ process: 'n 1', node: 'v26.10.0', onnxruntime: '1.30.0' })],
  },
};
