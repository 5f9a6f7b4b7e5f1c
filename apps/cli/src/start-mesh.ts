import type { Mesh } from '@sheaf/mesh';
import { type Supervised, supervise } from './supervisor.ts';

const modelServer = new URL('../../model-server/src/main.ts', import.meta.url);
const gatewayModule = new URL('../../gateway/src/main.ts', import.meta.url);

export interface RunningMesh {
  readonly gateway: Supervised;
  /** Those that we started; foreign ones are not ours. */
  readonly services: readonly Supervised[];
  /** The gateway first, then what stands behind it. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** A line whenever something becomes ready, ends or starts again. */
  readonly onEvent: (line: string) => void;
  /** Called once for each process when it is ready for the first time. */
  readonly onReady?: () => void;
  /** Overrides the gateway's port; 0 takes a free one. */
  readonly port?: number;
}

/** Starts every service of the mesh as its own process, then the gateway. When one fails, those that run are ended before it throws. */
export async function startMesh(
  mesh: Mesh,
  { onEvent, onReady = () => {}, port = mesh.gateway.port }: StartOptions,
): Promise<RunningMesh> {
  const started = await Promise.allSettled(
    mesh.services
      .filter(({ endpoint }) => !endpoint)
      .map(async ({ name, port: servicePort }) => {
        const args = [mesh.folder, '--service', name];
        const service = await supervise({ name, module: modelServer, args, port: servicePort, onEvent });
        onEvent(`${name} is ready, pid ${service.pid}, port ${service.port}`);
        onReady();
        return service;
      }),
  );
  const services = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stopServices = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()));
  };
  try {
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    const endpoints = services.flatMap((service) => ['--endpoint', `${service.name}=127.0.0.1:${service.port}`]);
    const gateway = await supervise({
      name: 'gateway',
      module: gatewayModule,
      args: [mesh.folder, ...endpoints],
      port,
      onEvent,
    });
    onEvent(`gateway is ready, pid ${gateway.pid}, port ${gateway.port}`);
    onReady();
    return {
      gateway,
      services,
      stop: async () => {
        await gateway.stop();
        await stopServices();
      },
    };
  } catch (error) {
    await stopServices();
    throw error;
  }
}

/** Ends the mesh and the process on the first Ctrl-C or SIGTERM; a second one forces. */
export function stopOnSignal(mesh: RunningMesh): void {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    await mesh.stop();
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
}
