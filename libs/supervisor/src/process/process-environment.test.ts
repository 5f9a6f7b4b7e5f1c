import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { Mesh } from '@sheaf/mesh';
import { exporterVariables, gatewayEnvironment, gatewayVariables, serviceEnvironment } from './process-environment.ts';

const harmless = {
  PATH: '/usr/bin',
  TZ: 'Europe/Zurich',
  LC_ALL: 'C',
  NODE_OPTIONS: '--max-old-space-size=512',
  ORT_LOG: '1',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
  no_proxy: 'localhost',
};
const secrets = {
  SHEAF_API_KEY: 'sheaf_a_b',
  REDIS_URL: 'redis://:pass@redis:6379',
  REDIS_URL_FILE: '/run/secrets/redis',
  AWS_SECRET_ACCESS_KEY: 'aws',
  NODE_AUTH_TOKEN: 'npm',
  TRITON_TOKEN: 'triton',
  MESH_SECRET: 'mesh',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic abc',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=abc',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://user:pass@collector/v1/traces',
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://collector/v1?api-key=abc',
  NVIDIA_API_KEY: 'nvidia',
  GRPC_TOKEN: 'grpc',
  CUDA_PASSWORD: 'cuda',
  https_proxy: 'http://user:pass@proxy:3128',
};
const env = { ...harmless, ...secrets };

describe('the environment of a process of a mesh', () => {
  it('has of a service what lets nobody in anywhere, and what mesh.yaml names', () => {
    assert.deepEqual(serviceEnvironment([], env), harmless);
    assert.deepEqual(serviceEnvironment(['TRITON_TOKEN', 'NOWHERE'], env), { ...harmless, TRITON_TOKEN: 'triton' });
  });

  it('has of a gateway the proxies too, and nothing else', () => {
    const { https_proxy } = secrets;
    assert.deepEqual(gatewayEnvironment([], env), { ...harmless, https_proxy });
    const named = gatewayEnvironment(['AWS_SECRET_ACCESS_KEY'], env);
    assert.deepEqual(named, { ...harmless, https_proxy, AWS_SECRET_ACCESS_KEY: 'aws' });
  });

  it('leads to the same files from another folder', () => {
    const files = {
      NODE_EXTRA_CA_CERTS: 'ca.pem',
      OTEL_EXPORTER_OTLP_CERTIFICATE: './otlp.pem',
      OTEL_EXPORTER_OTLP_CLIENT_KEY: 'otlp.key',
      OTEL_EXPORTER_OTLP_HEADERS_FILE: 'headers',
      SSL_CERT_DIR: '/etc',
    };
    assert.deepEqual(serviceEnvironment([], files), {
      NODE_EXTRA_CA_CERTS: resolve('ca.pem'),
      OTEL_EXPORTER_OTLP_CERTIFICATE: resolve('otlp.pem'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: resolve('otlp.key'),
      OTEL_EXPORTER_OTLP_HEADERS_FILE: resolve('headers'),
      SSL_CERT_DIR: '/etc',
    });
  });
});

describe('what a process of a mesh is told by message', () => {
  it('is of a gateway where it counts, and the secrets that mesh.yaml names', () => {
    const far = { sent: { token: { place: { env: 'TRITON_TOKEN' } } } };
    const own = { env: ['AWS_SECRET_ACCESS_KEY'] };
    const near = { sent: { token: { place: { file: '/token' } } } };
    const mesh = { services: [far, near, own, {}], secret: { env: 'MESH_SECRET' } } as unknown as Mesh;
    const { REDIS_URL, REDIS_URL_FILE, TRITON_TOKEN, MESH_SECRET, AWS_SECRET_ACCESS_KEY } = secrets;
    assert.deepEqual(gatewayVariables(mesh, env), {
      REDIS_URL,
      REDIS_URL_FILE,
      TRITON_TOKEN,
      MESH_SECRET,
      AWS_SECRET_ACCESS_KEY,
    });
  });

  it('is of all that export traces what lets them in at the collector', () => {
    assert.deepEqual(
      exporterVariables(env),
      Object.fromEntries(Object.entries(secrets).filter(([name]) => name.startsWith('OTEL_'))),
    );
  });
});
