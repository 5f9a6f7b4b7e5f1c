import { type Infer, InferError, type Limits, type ModelDescription } from '@sheaf/inference';
import type { Mesh, Service } from '@sheaf/mesh';
import { type Pickable, pickEndpoint } from '@sheaf/routing';
import { createRemote, type Remote } from '@sheaf/transport';

/** How often the gateway asks each endpoint whether it is ready. */
const readyIntervalMs = 500;
const readyTimeoutMs = 400;

/** A service, as whoever asks it sees it. */
export interface ServiceHandle {
  readonly service: Service;
  /** On one of its endpoints; on another when that one is sure not to have begun. */
  readonly infer: Infer;
  describe(model: string, version: string, timeoutMs: number): Promise<ModelDescription>;
  isReady(): boolean;
}

export interface Services {
  /** Resolves when each endpoint has been asked once whether it is ready. */
  readonly asked: Promise<unknown>;
  /** The service that holds a model or a transform. */
  holding(name: string): ServiceHandle | undefined;
  readonly all: readonly ServiceHandle[];
  close(): void;
}

/** Connections of its own to each endpoint of each service. `endpoints` are `service=target`; foreign services bring their own. */
export function openServices(mesh: Mesh, endpoints: readonly string[]): Services {
  const targets = Map.groupBy(endpoints.map(parseEndpoint), ([name]) => name);
  const opened = mesh.services.map((service) => {
    const own = service.endpoint ? [service.endpoint] : (targets.get(service.name) ?? []).map(([, target]) => target);
    if (own.length === 0) throw new InferError('INVALID_ARGUMENT', `--endpoint ${service.name}=<host:port> is missing`);
    return own.map((target) => new Endpoint(target, service, mesh.limits));
  });
  const handles = mesh.services.map((service, index) => handleOf(service, opened[index] ?? []));
  const holders = new Map(
    handles.flatMap((handle) =>
      [...handle.service.models, ...handle.service.transforms].map((name) => [name, handle] as const),
    ),
  );
  return {
    asked: Promise.all(opened.flat().map(({ asked }) => asked)),
    holding: (name) => holders.get(name),
    all: handles,
    close: () => {
      for (const endpoint of opened.flat()) endpoint.close();
    },
  };
}

function parseEndpoint(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InferError('INVALID_ARGUMENT', `--endpoint: want <service>=<target>, got "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function handleOf(service: Service, endpoints: readonly Endpoint[]): ServiceHandle {
  const infer: Infer = async (request, context) => {
    let left = endpoints;
    for (;;) {
      const endpoint = pickEndpoint(left, Math.random);
      if (!endpoint) throw new InferError('INTERNAL', `service ${service.name} has no endpoint`);
      try {
        return await endpoint.infer(request, context);
      } catch (error) {
        left = left.filter((other) => other !== endpoint);
        const untouched = error instanceof InferError && error.metadata.may_have_begun === 'false';
        if (!untouched || left.length === 0) throw error;
      }
    }
  };
  return {
    service,
    infer,
    describe: async (model, version, timeoutMs) => {
      const endpoint = pickEndpoint(endpoints, Math.random);
      if (!endpoint) throw new InferError('INTERNAL', `service ${service.name} has no endpoint`);
      return endpoint.remote.describe(model, version, timeoutMs);
    },
    isReady: () => endpoints.some((endpoint) => endpoint.isReady),
  };
}

/** One address of a service: how busy it is, and whether it is ready. */
class Endpoint implements Pickable {
  readonly remote: Remote;
  readonly #timer: NodeJS.Timeout;
  readonly asked: Promise<void>;
  isReady = false;
  outstanding = 0;
  #asking = false;

  constructor(target: string, { name, transport }: Service, limits: Limits) {
    this.remote = createRemote(target, { service: name, limits, transport });
    this.asked = this.#ask();
    this.#timer = setInterval(() => void this.#ask(), readyIntervalMs).unref();
  }

  infer: Infer = async (request, context) => {
    this.outstanding++;
    try {
      return await this.remote.infer(request, context);
    } catch (error) {
      // Nobody else needs to find out; the next question whether it is ready tells when it is again.
      if (error instanceof InferError && error.metadata.may_have_begun !== undefined) this.isReady = false;
      throw error;
    } finally {
      this.outstanding--;
    }
  };

  close(): void {
    clearInterval(this.#timer);
    this.remote.close();
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    this.isReady = await this.remote.isServerReady(readyTimeoutMs);
    this.#asking = false;
  }
}
