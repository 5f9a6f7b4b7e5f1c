/** Starts the processes of a service, one for each replica, and has others hear of what becomes of them. */
import type { OnEvent } from '@sheaf/inference';
import { contentChanged, type Mesh, type Service } from '@sheaf/mesh';
import type { OutageBoard } from '../crash-loop/outage-board.ts';
import { supervise } from '../process/supervise.ts';
import type { Supervised } from '../process/supervised.ts';
import { allOrNone } from './running-services.ts';
import { serviceProcess } from './service-process.ts';

export interface ReplicaPorts {
  /** The program of a service. */
  readonly module: URL;
  /** The secret of the mesh; undefined where its processes show certificates. */
  readonly secret: string | undefined;
  /** The addresses of the gateways' internal servers, in the order of their numbers. */
  readonly gateways: readonly string[];
  /** Longest time that a process takes to answer what it has. */
  readonly graceMs: number;
  readonly board: OutageBoard;
  readonly onEvent: OnEvent;
  readonly onReady: (process: Supervised) => void;
  /** Called when one is ready after a restart: it may serve more or less than the last time. */
  readonly onAgain: () => void;
  /** Called when one that was started again found other files in the folder than it is to serve, with its sentence. */
  readonly onContentChanged: (service: string, message: string) => void;
  readonly startSignal: AbortSignal | undefined;
}

/** Starts all replicas of a service of a mesh, or none. `isPatient`: those whose first start fails are tried again. */
export type StartReplicas = (mesh: Mesh, service: Service, isPatient: boolean) => Promise<readonly Supervised[]>;

export function createReplicas(ports: ReplicaPorts): StartReplicas {
  const { module, secret, gateways, graceMs, board, onEvent, onReady, onAgain, onContentChanged, startSignal } = ports;
  const asked = gateways.flatMap((gateway) => ['--gateway', gateway]);
  const startOne = async (mesh: Mesh, service: Service, name: string, isPatient: boolean): Promise<Supervised> => {
    const process: Supervised = await supervise({
      ...serviceProcess(module, mesh, service, secret),
      name,
      args: () => [mesh.folder, '--service', service.name, ...asked],
      isPatient,
      port: service.port,
      graceMs,
      onEvent,
      startSignal,
      onAgain,
      onLoop: (loop) => board.set(service.name, `127.0.0.1:${process.port}`, loop),
      onRefused: (reason, message) => {
        if (reason === contentChanged) onContentChanged(service.name, message);
      },
    });
    onReady(process);
    return process;
  };
  const nameOf = ({ name, replicas }: Service, index: number): string =>
    replicas === 1 ? name : `${name}-${index + 1}`;
  return (mesh, service, isPatient) =>
    allOrNone(
      Array.from({ length: service.replicas }, (_, index) =>
        startOne(mesh, service, nameOf(service, index), isPatient),
      ),
    );
}
