import { InferError } from '@sheaf/inference';
import type { Mesh, Service } from '@sheaf/mesh';
import { createRemote, type Remote } from '@sheaf/transport';

/** How often the gateway asks each service whether it is ready. */
const readyIntervalMs = 500;
const readyTimeoutMs = 400;

export interface ServiceHandle {
  readonly service: Service;
  readonly remote: Remote;
  isReady(): boolean;
}

export interface Services {
  /** Resolves when each service has been asked once whether it is ready. */
  readonly asked: Promise<unknown>;
  /** The service that holds a model or a transform. */
  holding(name: string): ServiceHandle | undefined;
  readonly all: readonly ServiceHandle[];
  close(): void;
}

/** One shared connection per service. `endpoints` are `service=target`; foreign services bring their own. */
export function openServices(mesh: Mesh, endpoints: readonly string[]): Services {
  const targets = new Map(endpoints.map(parseEndpoint));
  const handles = mesh.services.map((service) => {
    const target = service.endpoint ?? targets.get(service.name);
    if (!target) throw new InferError('INVALID_ARGUMENT', `--endpoint ${service.name}=<host:port> is missing`);
    return open(service, createRemote(target, service.name, mesh.limits, service.transport));
  });
  const holders = new Map(
    handles.flatMap((handle) =>
      [...handle.service.models, ...handle.service.transforms].map((name) => [name, handle] as const),
    ),
  );
  return {
    asked: Promise.all(handles.map((handle) => handle.asked)),
    holding: (name) => holders.get(name),
    all: handles,
    close: () => {
      for (const handle of handles) handle.close();
    },
  };
}

function parseEndpoint(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InferError('INVALID_ARGUMENT', `--endpoint: want <service>=<target>, got "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function open(service: Service, remote: Remote): ServiceHandle & { asked: Promise<void>; close(): void } {
  let ready = false;
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    ready = await remote.isServerReady(readyTimeoutMs);
    asking = false;
  };
  const asked = ask();
  const timer = setInterval(() => void ask(), readyIntervalMs).unref();
  return {
    service,
    remote,
    isReady: () => ready,
    asked,
    close: () => {
      clearInterval(timer);
      remote.close();
    },
  };
}
