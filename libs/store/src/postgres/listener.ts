/** Hears of changes by other processes: at once by what the database tells, and by looking now and then for what was told while the connection was broken. */
import type { Client } from 'pg';

export interface ListenerOptions {
  /** A connection of its own, not yet made. */
  readonly newClient: () => Client;
  readonly channel: string;
  readonly pollMs: number;
  /** Takes what was told. */
  readonly told: (payload: string) => void;
  /** Looks for what was not told; what fails is looked for the next time. */
  readonly look: () => Promise<unknown>;
}

export interface Listener {
  readonly close: () => Promise<void>;
}

/** A connection that broke is made anew after so long. */
const againMs = 500;

export function createListener({ newClient, channel, pollMs, told, look }: ListenerOptions): Listener {
  let isClosed = false;
  let client: Client | undefined;
  let again: NodeJS.Timeout | undefined;
  const lookNow = (): void => {
    // Not to be asked now, it is at the next look.
    if (!isClosed) look().catch(() => {});
  };
  const later = (): void => {
    client = undefined;
    if (!isClosed && again === undefined) again = setTimeout(begin, againMs);
  };
  const begin = (): void => {
    again = undefined;
    const begun = newClient();
    client = begun;
    begun.on('notification', ({ payload = '' }) => told(payload));
    begun.on('error', () => {});
    begun.on('end', later);
    begun
      .connect()
      .then(() => begun.query(`LISTEN ${channel}`))
      .then(lookNow)
      .catch(() => begun.end().catch(() => {}));
  };
  begin();
  const poll = setInterval(lookNow, pollMs);
  return {
    close: async () => {
      isClosed = true;
      clearInterval(poll);
      clearTimeout(again);
      await client?.end().catch(() => {});
    },
  };
}
