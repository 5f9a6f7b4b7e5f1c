/** grpc.health.v1: of a door of ours, and as a watch on somebody's. */
import * as grpc from '@grpc/grpc-js';
import { notFound } from '@sheaf/inference';
import { HealthImplementation, service } from 'grpc-health-check';
import { toStatus } from './status.ts';

export interface Health {
  setStatus(name: string, status: 'SERVING' | 'NOT_SERVING'): void;
  /** Ends every watch: one that stays open keeps a server from closing. */
  endWatches(): void;
}

type Watch = grpc.ServerWritableStream<{ readonly service: string }, unknown>;

interface HealthHandlers {
  readonly list: (call: List, done: grpc.sendUnaryData<Statuses>) => void;
  readonly watch: (call: Watch) => void;
  readonly check: (call: Check, done: grpc.sendUnaryData<unknown>) => void;
}

type List = grpc.ServerUnaryCall<unknown, Statuses>;
interface Statuses {
  readonly statuses: Readonly<Record<string, unknown>>;
}

/** What anybody could have called a model. */
const nameCharsMax = 128;

/** In the words of grpc-health-check, with the details of our own refusals. */
const unknownService = (name: string): Partial<grpc.StatusObject> =>
  toStatus(notFound(`Health status unknown for service ${name}`, name.slice(0, nameCharsMax).toWellFormed()));

/** What grpc-health-check has of each handler's call. */
type Check = grpc.ServerUnaryCall<{ readonly service: string }, unknown>;

/** `isVisible` says whether a name is there for whoever asks; the answer is as for one that nobody has. */
export function addHealth(server: grpc.Server, isVisible: (name: string, metadata: grpc.Metadata) => boolean): Health {
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  const open = new Set<Watch>();
  health.addToServer({
    addService: (definition, implementation) => {
      const { watch, check, list } = implementation as unknown as HealthHandlers;
      const tracked = (call: Watch): void => {
        open.add(call);
        call.on('cancelled', () => open.delete(call));
        if (isVisible(call.request.service, call.metadata)) watch(call);
        else call.write({ status: 'SERVICE_UNKNOWN' });
      };
      const checked = (call: Check, done: grpc.sendUnaryData<unknown>): void => {
        const { service } = call.request;
        if (!isVisible(service, call.metadata)) done(unknownService(service));
        else check(call, (error, status) => (error ? done(unknownService(service)) : done(null, status)));
      };
      const listed = (call: List, done: grpc.sendUnaryData<Statuses>): void =>
        list(call, (error, answer) => {
          if (error || !answer) return done(error);
          const visible = Object.entries(answer.statuses).filter(([name]) => isVisible(name, call.metadata));
          done(null, { statuses: Object.fromEntries(visible) });
        });
      const guarded = { ...implementation, watch: tracked, check: checked, list: listed };
      server.addService(definition, guarded as unknown as grpc.UntypedServiceImplementation);
    },
  });
  const told = new Map<string, string>();
  return {
    setStatus: (name, status) => {
      // Watches are told of changes only.
      if (told.get(name) === status) return;
      told.set(name, status);
      health.setStatus(name, status);
    },
    endWatches: () => {
      for (const call of open) call.end();
      open.clear();
    },
  };
}

const HealthClient = grpc.makeClientConstructor(service as unknown as grpc.ServiceDefinition, 'Health');

/** Waits before a watch that ended begins again: doubled from the first to the last. */
const againMinMs = 100;
const againMaxMs = 1_000;
/** A server that does not say how it is within this is not ready. */
const silentMs = 5_000;

/** How often one is asked whether it is there that is not pinged, and how long it may take. */
const probeMs = 5_000;

/** How a server is reached. */
export interface ChannelTo {
  readonly target: string;
  readonly credentials: grpc.ChannelCredentials;
  readonly options: grpc.ChannelOptions;
}

/** `silent`: it has not answered for long, so that its connections may lead nowhere. */
export type Probed = 'ready' | 'not ready' | 'silent';

export interface WatchOptions {
  readonly channel: ChannelTo;
  /** What goes with each question; throws while that cannot be had. */
  readonly metadata: () => grpc.Metadata;
  /** Told whenever it changes; never the same twice. */
  readonly onReady: (ready: boolean) => void;
  /** Asks a server that has no health service, and one that is not pinged whether it is there at all. */
  readonly probe: (timeoutMs: number) => Promise<Probed>;
  /** Told whenever the server does not let us in. */
  readonly onRefused: () => void;
  /** Pings tell soon enough that a connection leads nowhere. */
  readonly isPinged: boolean;
}

/** Watches whether a server is ready, for as long as nobody calls what it answers. Servers without grpc.health.v1 are asked again and again. */
export function watchHealth({ channel, onReady, metadata, probe, onRefused, isPinged }: WatchOptions): () => void {
  const { target, credentials, options } = channel;
  let ready: boolean | undefined;
  let delayMs = againMinMs;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let end = (): void => {};
  const tell = (now: boolean): void => {
    if (stopped || now === ready) return;
    ready = now;
    onReady(now);
  };
  const again = (begin: () => void): void => {
    if (stopped) return;
    timer = setTimeout(begin, delayMs).unref();
    delayMs = Math.min(delayMs * 2, againMaxMs);
  };

  const metadataNow = (): grpc.Metadata | undefined => {
    try {
      return metadata();
    } catch {
      return undefined;
    }
  };

  const poll = async (): Promise<void> => {
    tell((await probe(againMaxMs)) === 'ready');
    delayMs = againMaxMs / 2;
    again(() => void poll());
  };
  const watch = (): void => {
    const sent = metadataNow();
    if (!sent) {
      tell(false);
      again(watch);
      return;
    }
    // A channel of its own: one that waits for a silent peer would wait for ever (grpc-node#2785).
    const client = new HealthClient(target, credentials, options);
    const stream = client.watch?.({ service: '' }, sent) as grpc.ClientReadableStream<{ status: string }>;
    const beganAt = performance.now();
    let hasSpoken = false;
    const silent = setTimeout(() => stream.cancel(), silentMs).unref();
    const prober = isPinged ? undefined : setInterval(() => void look(), probeMs).unref();
    const look = async (): Promise<void> => {
      // What it says of itself stands in the watch.
      if ((await probe(probeMs)) === 'silent') stream.cancel();
    };
    end = () => {
      clearTimeout(silent);
      clearInterval(prober);
      stream.cancel();
      client.close();
    };
    stream.on('data', ({ status }) => {
      clearTimeout(silent);
      delayMs = againMinMs;
      hasSpoken = true;
      tell(status === 'SERVING');
    });
    stream.on('end', () => {});
    stream.on('error', () => {});
    stream.on('status', ({ code }: grpc.StatusObject) => {
      end();
      if (code === grpc.status.UNIMPLEMENTED) {
        void poll();
        return;
      }
      if (code === grpc.status.UNAUTHENTICATED) onRefused();
      // Servers end connections for their age. One that is gone says nothing on the next.
      if (!hasSpoken) tell(false);
      if (hasSpoken && !stopped && performance.now() - beganAt > againMinMs) watch();
      else again(watch);
    });
  };
  watch();
  return () => {
    stopped = true;
    clearTimeout(timer);
    end();
  };
}
