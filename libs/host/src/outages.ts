/** An endpoint of a mesh whose process ends again and again, as the supervisor tells it to whoever would ask it. */
export interface Outage {
  readonly service: string;
  /** `host:port`. */
  readonly endpoint: string;
  /** What it ended with last, such as `SIGKILL` or `exit code 1`. */
  readonly ended: string;
  /** How often in a row. */
  readonly count: number;
  /** Milliseconds until it may be asked again, at the earliest. */
  readonly retryInMs: number;
}

/** All of them there are now. */
export interface OutagesMessage {
  readonly kind: 'outages';
  readonly outages: readonly Outage[];
}

/** Takes what the supervisor tells; it is trusted. */
export function onOutages(take: (outages: readonly Outage[]) => void): void {
  process.on('message', (message: OutagesMessage | { readonly kind: string }) => {
    if ('outages' in message) take(message.outages);
  });
}
