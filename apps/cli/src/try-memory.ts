import type { Mesh } from '@sheaf/mesh';
import { modelServer } from './running-services.ts';
import { supervise } from './supervisor.ts';

/**
 * Starts each service whose memory is limited as `up` does, and ends it again: what a process takes once it is loaded is known by that alone. Answers the
 * sentences of those that do not start in it.
 */
export async function tryMemory(mesh: Mesh): Promise<readonly string[]> {
  const failures: string[] = [];
  const limited = mesh.services.filter(({ memoryMaxBytes }) => memoryMaxBytes !== undefined);
  for (const { name } of limited) {
    try {
      const service = await supervise({
        name,
        module: modelServer,
        args: () => [mesh.folder, '--service', name],
        handover: () => ({ ...mesh, policies: undefined }),
        port: 0,
        graceMs: 0,
        onEvent: () => {},
      });
      await service.stop();
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return failures;
}
