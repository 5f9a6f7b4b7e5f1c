/** Hears of changes by other processes: at once by what the database tells, and by looking now and then for what was told while the connection was broken. */
import pg from 'pg';

export interface ListenerOptions {
  readonly config: pg.ClientConfig;
  readonly channel: string;
  readonly pollMs: number;
  /** Takes the epoch as it was found. */
  readonly seen: (epoch: number) => void;
  readonly look: () => Promise<number>;
}

export interface Listener {
  readonly close: () => Promise<void>;
}

/** A connection that broke is made anew after so long. */
const againMs = 500;

export function createListener({ config, channel, pollMs, seen, look }: ListenerOptions): Listener {
  let isClosed = false;
  let client: pg.Client | undefined;
  let again: NodeJS.Timeout | undefined;
  const lookNow = (): void => {
    // Not to be asked now, it is at the next look.
    look().then(
      (epoch) => {
        if (!isClosed) seen(epoch);
      },
      () => {},
    );
  };
  const later = (): void => {
    client = undefined;
    if (!isClosed && again === undefined) again = setTimeout(begin, againMs);
  };
  const begin = (): void => {
    again = undefined;
    const begun = new pg.Client(config);
    client = begun;
    begun.on('notification', ({ payload = '' }) => seen(Number(payload)));
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
