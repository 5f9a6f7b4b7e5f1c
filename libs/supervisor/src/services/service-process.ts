import type { Mesh, Service } from '@sheaf/mesh';
import { exporterVariables, serviceEnvironment } from '../process/process-environment.ts';
import type { ProcessSpec } from '../process/supervised.ts';

/** Describes a process of a service, whoever starts it. `module` is the program; `secret` is that of the internal servers of its mesh. */
export const serviceProcess = (
  module: URL,
  mesh: Mesh,
  { env }: Service,
  secret: string | undefined,
): Pick<ProcessSpec, 'module' | 'handover' | 'environment' | 'hasOwnFolder'> => ({
  module,
  // Who may call is no matter of theirs.
  handover: () => ({ what: { ...mesh, policies: undefined }, secret, exporter: exporterVariables() }),
  environment: () => serviceEnvironment(env),
  hasOwnFolder: true,
});
