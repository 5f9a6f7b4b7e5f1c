import type { Mesh } from '@sheaf/mesh';
import { meshSecret } from '../mesh/mesh-secret.ts';
import { supervise } from '../process/supervise.ts';
import { serviceProcess } from './service-process.ts';

/**
 * Starts each service whose memory is limited as `up` does, and ends it again: what a process takes once it is loaded is known by that alone. Answers the
 * sentences of those that do not start in it. `module` is the program of a service.
 */
export async function tryMemory(module: URL, mesh: Mesh): Promise<readonly string[]> {
  const failures: string[] = [];
  const limited = mesh.services.filter(({ memoryMaxBytes }) => memoryMaxBytes !== undefined);
  // The trial has a secret of its own: that of the mesh need not be on this machine.
  const secret = meshSecret({ tls: mesh.tls });
  for (const service of limited) {
    const { name } = service;
    try {
      const started = await supervise({
        ...serviceProcess(module, mesh, service, secret),
        name,
        args: () => [mesh.folder, '--service', name],
        port: 0,
        graceMs: 0,
        onEvent: () => {},
      });
      await started.stop();
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return failures;
}
