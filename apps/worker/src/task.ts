/** What a worker is started with. */
import { parseArgs } from 'node:util';
import { type Handover, handedOver } from '@sheaf/host';
import { InferError } from '@sheaf/inference';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { readSecret } from '@sheaf/transport';

const usage = 'usage: worker <mesh folder> --gateway <target> ... [--port <port>] [--open]';

/** As much of a mesh as its work needs. */
export interface Task extends Pick<Mesh, 'folder' | 'limits' | 'tls' | 'jobs'> {
  /** As in `gateway` of mesh.yaml. */
  readonly metrics?: Mesh['gateway']['metrics'];
  /** What of the environment it needs beside that of this process, by name. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface WorkerArguments {
  readonly folder: string;
  /** The internal server of each gateway. */
  readonly gateways: readonly string[];
  /** Default 0: a free one. */
  readonly port: number;
  /** Whether whoever reaches the port may ask what it has counted. */
  readonly isOpen: boolean;
  /** Whether the task comes from the supervisor. */
  readonly isHandedOver: boolean;
}

/** Throws INVALID_ARGUMENT with the usage where no folder or no gateway is named. */
export function readArguments(): WorkerArguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      gateway: { type: 'string', multiple: true, default: [] },
      port: { type: 'string', default: '0' },
      open: { type: 'boolean', default: false },
      handover: { type: 'boolean', default: false },
    },
  });
  const [folder] = positionals;
  const { gateway: gateways, port, open: isOpen, handover: isHandedOver } = values;
  if (!folder || gateways.length === 0) throw new InferError('INVALID_ARGUMENT', usage);
  return { folder, gateways, port: Number(port), isOpen, isHandedOver };
}

/** From the supervisor, or from the folder where somebody has started the worker by hand. */
export async function readTask({ folder, isHandedOver }: WorkerArguments): Promise<Handover<Task>> {
  if (isHandedOver) return handedOver<Task>();
  const { servable, problems } = await readMesh(folder);
  if (!servable) throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('\n'));
  const { secret, gateway } = servable;
  return {
    what: { ...servable, metrics: gateway.metrics },
    secret: secret && readSecret('the secret of the mesh', secret),
  };
}
