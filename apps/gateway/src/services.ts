import {
  type Infer,
  InferError,
  type ModelDescription,
  type OnKept,
  type Overrun,
  type Propagation,
} from '@sheaf/inference';
import { contentDigest, type Mesh, type Service } from '@sheaf/mesh';
import { createUpstream, EndpointPool, noEndpoint, type ResilienceState } from '@sheaf/outbound';
import { pickEndpoint } from '@sheaf/routing';
import type { Remote } from '@sheaf/transport';

/** A service, as whoever asks it sees it. */
export interface ServiceHandle {
  readonly service: Service;
  /** On one of its endpoints; on another when that one fails and it may be asked again. */
  readonly infer: Infer;
  describe(model: string, version: string, timeoutMs: number): Promise<ModelDescription>;
  isReady(): boolean;
  /** Its addresses, as they are now. */
  endpoints(): readonly { readonly target: string; readonly isReady: boolean }[];
  /** The same, to be asked what they have counted. */
  processes(): readonly ({ readonly endpoint: string } & Pick<Remote, 'metrics' | 'statistics'>)[];
  /** The part that is taken of the places for calls that wait for a model, at the endpoint that has most of them free; 0 where nobody has told lately. */
  utilization(model: string): number;
  /** How long a model of it usually takes for so many rows; undefined while nobody knows. */
  usualMs(model: string, rows: number): number | undefined;
  /** How many calls of a model or transform its endpoints run at once; undefined of a foreign one. */
  runsAtOnce(name: string): number | undefined;
}

export interface Services {
  /** Resolves when each endpoint has been asked once whether it is ready. */
  readonly asked: Promise<unknown>;
  /** The service that holds a model or a transform. */
  holding(name: string): ServiceHandle | undefined;
  readonly all: readonly ServiceHandle[];
  /** Another revision uses them too: each closes them once, and the last one really. */
  share(): void;
  close(): void;
}

export interface ServicesPorts {
  readonly resilienceState: ResilienceState;
  /** What our own services want of whoever asks. */
  readonly secret?: string | undefined;
  /** Traces that our own services are told of. */
  readonly onKept?: OnKept | undefined;
  /** In which headers servers of others are told of a trace. Default: those of W3C. */
  readonly propagation?: Propagation | undefined;
}

/** Connections of its own to each endpoint of each service. `endpoints` are `service=target`; foreign services bring their own. `whole` is what they were given, loaded or not. */
export function openServices(
  mesh: Mesh,
  whole: Mesh,
  endpoints: readonly string[],
  { resilienceState, secret, onKept, propagation }: ServicesPorts,
): Services {
  const targets = Map.groupBy(endpoints.map(parseEndpoint), ([name]) => name);
  const opened = mesh.services.map((service) => {
    const own = service.endpoint ? [service.endpoint] : (targets.get(service.name) ?? []).map(([, target]) => target);
    if (own.length === 0) throw new InferError('INVALID_ARGUMENT', `--endpoint ${service.name}=<host:port> is missing`);
    const tls = service.endpoint ? service.tls : mesh.tls;
    const onOverrun = mesh.resilience.quarantine
      ? (overrun: Overrun): void => resilienceState.quarantine.tell(service.name, overrun)
      : undefined;
    const content = service.endpoint ? undefined : contentDigest(whole, service);
    const pool = new EndpointPool(own, service, mesh.limits, {
      tls,
      secret: service.endpoint ? undefined : secret,
      onOverrun,
      onKept: service.endpoint ? undefined : onKept,
      propagation: service.endpoint ? propagation : undefined,
      content,
    });
    return { service, pool };
  });
  const handles = opened.map(({ service, pool }) => handleOf(service, pool, mesh, resilienceState));
  const holders = new Map(
    handles.flatMap((handle) =>
      [...handle.service.models, ...handle.service.transforms].map((name) => [name, handle] as const),
    ),
  );
  let users = 1;
  return {
    asked: Promise.all(opened.map(({ pool }) => pool.asked)),
    holding: (name) => holders.get(name),
    all: handles,
    share: () => {
      users++;
    },
    close: () => {
      users--;
      for (const { pool } of users === 0 ? opened : []) pool.close();
    },
  };
}

function parseEndpoint(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InferError('INVALID_ARGUMENT', `--endpoint: want <service>=<target>, got "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function upstreamOf(pool: EndpointPool, mesh: Mesh, state: ResilienceState): Infer {
  const newest = new Map(mesh.models.map(({ name, versions: [{ version }] }) => [name, version]));
  // What such a transform asks has been tried again already.
  const impure = new Set(mesh.transforms.filter(({ pure, uses }) => !pure || uses.length > 0).map(({ name }) => name));
  return createUpstream({
    service: pool.service.name,
    endpoints: () => pool.inRotation,
    state,
    policies: mesh.resilience,
    isPure: (name) => !impure.has(name),
    newestOf: (model) => newest.get(model),
    isSupervised: pool.service.endpoint === undefined,
  });
}

function handleOf(service: Service, pool: EndpointPool, mesh: Mesh, resilienceState: ResilienceState): ServiceHandle {
  const { outages } = resilienceState;
  const instances = new Map(mesh.models.map((model) => [model.name, model.instances]));
  // What it says of itself between two crashes is not to be trusted.
  const endpoints = () =>
    pool.endpoints.map(({ target, isReady }) => ({ target, isReady: isReady && !outages.find(service.name, target) }));
  return {
    service,
    infer: upstreamOf(pool, mesh, resilienceState),
    describe: async (model, version, timeoutMs) => {
      await pool.resolved;
      const endpoint = pickEndpoint(pool.inRotation, Math.random);
      if (!endpoint) throw noEndpoint(service.name);
      return endpoint.remote.describe(model, version, timeoutMs);
    },
    endpoints,
    processes: () =>
      pool.endpoints.map(({ target, remote: { metrics, statistics } }) => ({ endpoint: target, metrics, statistics })),
    isReady: () => endpoints().some(({ isReady }) => isReady),
    utilization: (model) => Math.min(1, ...pool.inRotation.map((endpoint) => endpoint.utilization(model))),
    usualMs: (model, rows) =>
      pool.endpoints.map((endpoint) => endpoint.usualMs(model, rows)).find((ms) => ms !== undefined),
    runsAtOnce: (name) => (service.endpoint ? undefined : pool.endpoints.length * (instances.get(name) ?? 1)),
  };
}
