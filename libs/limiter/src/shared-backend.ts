/** What gateways count limits in together. */
import type { Limiter } from './limiter.ts';

export interface SharedLimiterOptions {
  /** With user and password where there are any. A function is asked for each connection: a password may be another one by then. */
  readonly url: string | (() => string);
  /** No call waits for it longer. Default 50. */
  readonly budgetMs?: number;
  /** When it is gone, paused, slower than the budget or refuses to count: count a share of each limit here, or refuse. */
  readonly whenGone: 'share' | 'closed';
  /** 1 / the number of gateways. */
  readonly share: number;
  /** Counts the share; ended together with this one. */
  readonly fallback: Limiter;
  /** Milliseconds since the epoch, for tests. Default: the clock of the backend. */
  readonly now?: () => number;
  /** Told when it counts, or stops to, or has never done so, and why: a word such as ECONNREFUSED, WRONGPASS, ETIMEDOUT or READONLY. */
  readonly onReachable?: (reachable: boolean, code?: string) => void;
  /** In front of all keys, such as for two meshes on one server. Default `sheaf`. */
  readonly prefix?: string;
}

/** All that there is to say of one. To add one: a file with a value of this type, and a line in `shared-backends.ts`. */
export interface SharedBackend {
  /** What the log calls it. */
  readonly title: string;
  /** The variable with its URL. The same with `_FILE` behind it names a file that holds the URL. */
  readonly variable: `${string}_URL`;
  /** How its URLs begin, for messages: `redis://... or rediss://...`. */
  readonly expected: string;
  isUrl(text: string): boolean;
  /** Ready when it has answered, or has not for a while: a gateway starts without it as it runs without it. */
  open(options: SharedLimiterOptions): Promise<Limiter>;
}
