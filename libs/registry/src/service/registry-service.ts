/** sheaf.registry.v1.Registry as functions from message to message, over a store and its blobs. Who asks is a parameter; nobody's role is checked here. */
import type { RegistryService } from '@sheaf/transport';
import { nobodyLooks } from '../trusted.ts';
import { aliasMethods } from './aliases.ts';
import { auditMethods } from './audit.ts';
import { downloadMethods } from './download.ts';
import { type PushPorts, pushMethods } from './push/push.ts';
import { rolloutMethods } from './rollouts.ts';
import { versionMethods } from './versions.ts';
import { watchMethods } from './watch.ts';

export function createRegistryService(ports: PushPorts): RegistryService {
  const { registry, trust = nobodyLooks } = ports;
  const { store } = registry;
  return {
    ...pushMethods(ports),
    ...versionMethods(store, trust),
    ...downloadMethods(registry),
    ...aliasMethods(store, trust),
    ...watchMethods(store),
    ...auditMethods(store),
    ...rolloutMethods(store, trust),
  };
}
