/** A service over a registry in a folder of its own, asked in this process as a server would ask it. */

import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Principal } from '@sheaf/inference';
import { type RegistryCalls, registryCallsOf } from '@sheaf/transport';
import type { PushedFile } from '../client/push-version.ts';
import { openRegistry, type Registry } from '../registry.ts';
import type { PushPorts } from '../service/push/push.ts';
import { createRegistryService } from '../service/registry-service.ts';

export const aPrincipal = (id: string, models: readonly string[] = ['*']): Principal => ({
  id,
  tenant: 'ops',
  roles: ['admin'],
  models,
  priority: 'standard',
  claims: {},
});

export interface TestService extends AsyncDisposable {
  readonly registry: Registry;
  readonly folder: string;
  /** As a caller of this id, who may see these models. */
  as(id: string, models?: readonly string[]): RegistryCalls;
}

export async function openTestService(ports: Omit<PushPorts, 'registry'> = {}): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-registry-'));
  const registry = await openRegistry(folder);
  const service = createRegistryService({ registry, ...ports });
  return {
    registry,
    folder,
    as: (id, models) => registryCallsOf(service, aPrincipal(id, models)),
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A file of a version, of these bytes. */
export const fileOf = (path: string, content: string | Uint8Array): PushedFile => {
  const source = Buffer.from(content);
  return { path, source, sizeBytes: source.length, sha256: hash('sha256', source) };
};
