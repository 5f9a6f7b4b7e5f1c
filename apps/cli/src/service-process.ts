import type { Mesh, Service } from '@sheaf/mesh';
import { exporterVariables, serviceEnvironment } from './process-environment.ts';
import type { ProcessSpec } from './supervisor.ts';

/** What every process of a service is, whoever starts it. `secret` is that of the inner doors of its mesh. */
export const serviceProcess = (
  mesh: Mesh,
  { env }: Service,
  secret: string | undefined,
): Pick<ProcessSpec, 'module' | 'handover' | 'environment' | 'hasOwnFolder'> => ({
  module: new URL('../../model-server/src/main.ts', import.meta.url),
  // Who may call is no matter of theirs.
  handover: () => ({ what: { ...mesh, policies: undefined }, secret, exporter: exporterVariables() }),
  environment: () => serviceEnvironment(env),
  hasOwnFolder: true,
});
