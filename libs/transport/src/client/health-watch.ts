/** grpc.health.v1 of somebody's server, as a watch. */
import { service } from 'grpc-health-check';
import { status } from '../status-codes.ts';
import type { GrpcClient } from './grpc-client.ts';

const { path, requestSerialize, responseDeserialize } = service['Watch'] as unknown as {
  readonly path: string;
  requestSerialize(request: { readonly service: string }): Buffer;
  responseDeserialize(message: Buffer): { readonly status: string };
};
/** How the server is as a whole. */
const message = requestSerialize({ service: '' });

/** Waits before a watch that ended begins again: doubled from the first to the last. */
const againMinMs = 100;
const againMaxMs = 1_000;
/** A server that does not say how it is within this is not ready. */
const silentMs = 5_000;

/** How often a server that is not pinged is asked whether it is there, and how long its answer may take. */
const probeMs = 5_000;

/** `silent`: it has not answered for long, so that its connections may lead nowhere. */
export type Probed = 'ready' | 'not ready' | 'silent';

export interface WatchOptions {
  readonly client: GrpcClient;
  /** What goes with each question; throws while that cannot be had. */
  readonly metadata: () => ReadonlyMap<string, string>;
  /** Called whenever it changes, and never with the same twice. */
  readonly onReady: (ready: boolean) => void;
  /** Asks a server that has no health service, and one that is not pinged whether it is there at all. */
  readonly probe: (timeoutMs: number) => Promise<Probed>;
  /** Called whenever the server does not let us in. */
  readonly onRefused: () => void;
  /** Pings tell soon enough that a connection leads nowhere. */
  readonly isPinged: boolean;
}

/** Watches whether a server is ready, for as long as nobody calls what it answers. Servers without grpc.health.v1 are asked again and again. */
export function watchHealth(watched: WatchOptions): () => void {
  const { onReady, probe, onRefused } = watched;
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
  const poll = async (): Promise<void> => {
    tell((await probe(againMaxMs)) === 'ready');
    delayMs = againMaxMs / 2;
    again(() => void poll());
  };
  const watch = (): void => {
    const beganAt = performance.now();
    let hasSpoken = false;
    const onStatus = (isServing: boolean): void => {
      delayMs = againMinMs;
      hasSpoken = true;
      tell(isServing);
    };
    const onEnd = (code: number): void => {
      if (code === status.UNIMPLEMENTED) {
        void poll();
        return;
      }
      if (code === status.UNAUTHENTICATED) onRefused();
      // Servers end connections for their age. One that is gone says nothing on the next.
      if (!hasSpoken) tell(false);
      if (hasSpoken && !stopped && performance.now() - beganAt > againMinMs) watch();
      else again(watch);
    };
    const sent = metadataNow(watched);
    if (sent) {
      end = openWatch(watched, sent, onStatus, onEnd);
      return;
    }
    tell(false);
    again(watch);
  };
  watch();
  return () => {
    stopped = true;
    clearTimeout(timer);
    end();
  };
}

function metadataNow({ metadata }: WatchOptions): ReadonlyMap<string, string> | undefined {
  try {
    return metadata();
  } catch {
    return undefined;
  }
}

/** Begins one Watch. `onEnd` is called once, after the last `onStatus`; what this answers ends the watch earlier. */
function openWatch(
  { client, probe, isPinged }: WatchOptions,
  metadata: ReadonlyMap<string, string>,
  onStatus: (isServing: boolean) => void,
  onEnd: (code: number) => void,
): () => void {
  const stop = (): void => {
    clearTimeout(silent);
    clearInterval(prober);
  };
  const watch = client.watch(
    { path, message, metadata },
    {
      message: (answer) => {
        clearTimeout(silent);
        const said = statusIn(answer);
        if (said === undefined) watch.cancel();
        else onStatus(said === 'SERVING');
      },
      end: (code) => {
        stop();
        onEnd(code);
      },
    },
  );
  const silent = setTimeout(() => watch.cancel(), silentMs).unref();
  const look = async (): Promise<void> => {
    // What it says of itself stands in the watch.
    if ((await probe(probeMs)) === 'silent') watch.cancel();
  };
  const prober = isPinged ? undefined : setInterval(() => void look(), probeMs).unref();
  return () => {
    stop();
    watch.cancel();
  };
}

/** Undefined where it is no answer that there is. */
function statusIn(answer: Buffer): string | undefined {
  try {
    return responseDeserialize(answer).status;
  } catch {
    return undefined;
  }
}
