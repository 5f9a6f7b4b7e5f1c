import type { Mesh } from '@sheaf/mesh';
import { meshSecret } from './mesh-secret.ts';
import { serviceProcess } from './service-process.ts';
import { supervise } from './supervisor.ts';

/**
 * Starts each service whose memory is limited as `up` does, and ends it again: what a process takes once it is loaded is known by that alone. Answers the
 * sentences of those that do not start in it.
 */
export async function tryMemory(mesh: Mesh): Promise<readonly string[]> {
  const failures: string[] = [];
  const limited = mesh.services.filter(({ memoryMaxBytes }) => memoryMaxBytes !== undefined);
  // One for the trial: that of the mesh need not be here.
  const secret = meshSecret({ tls: mesh.tls });
  for (const service of limited) {
    const { name } = service;
    try {
      const started = await supervise({
        ...serviceProcess(mesh, service, secret),
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
