/** A service that this process plays: it answers, fails and takes its time as the fault wants, and counts what it is asked. */
import { setTimeout } from 'node:timers/promises';
import { defaultLimits, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { createServer } from '@sheaf/transport';
import type { FaultMeshOptions } from './fault-mesh.ts';
import type { Ask } from './load.ts';

export interface Stub extends AsyncDisposable {
  readonly port: number;
  /** Calls so far. */
  readonly asked: number;
  /** What it does with a call before it answers; throws to fail. */
  behave: () => Promise<void> | void;
}

const row = [1, 2] as const;
const x = tensorOf('x', 'FP32', row, Float32Array.of(1, 2));
const y = tensorOf('y', 'FP32', row, Float32Array.of(2, 4));

export const takes = (ms: number) => (): Promise<void> => setTimeout(ms);

export async function openStub(behave: Stub['behave'] = takes(5)): Promise<Stub> {
  let asked = 0;
  const stub: Stub = {
    behave,
    get port() {
      return server.port;
    },
    get asked() {
      return asked;
    },
    [Symbol.asyncDispose]: () => server.close(500),
  };
  const server = await createServer(
    { name: 'stub', host: '127.0.0.1', port: 0, limits: defaultLimits, mesh: true },
    {
      infer: async ({ model }) => {
        asked++;
        await stub.behave();
        return { model, version: '1', parameters: new Map(), outputs: [y] };
      },
      describe: (name) => ({ name, versions: ['1'], platform: 'stub', inputs: [x], outputs: [y] }),
      isReady: () => true,
      names: () => ['double'],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
    },
  );
  server.open();
  return stub;
}

/** A mesh whose one service is played by these. */
export const stubMesh = (stubs: readonly Stub[]): FaultMeshOptions => ({
  files: { 'models/double': sampleModels.scale(2) },
  services: 'double: { models: [double] }',
  replicas: {},
  stubs: { double: stubs.map(({ port }) => port) },
});

export const askStub = (timeoutMs: number): Ask => ({ model: 'double', timeoutMs, inputs: () => [x] });
