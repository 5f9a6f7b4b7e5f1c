/** How long the calls take that a gateway answers meanwhile. */
import { createAdminClient } from '@sheaf/admin';
import type { AskedServer } from '../asking/server-options.ts';
import { createInterval, type Reading } from '../top/interval.ts';
import { parseMetrics } from '../top/parse-metrics.ts';

export interface Online {
  /** Of the last seconds; undefined where nothing is told, or nobody called. */
  readonly p99Seconds: number | undefined;
  close(): void;
}

const [readMs, timeoutMs] = [2_000, 5_000];

/** Reads the metrics of a gateway again and again; where it is not there, or wants another key, nothing is told. */
export function openOnline({ address, metadata, tls }: AskedServer): Online {
  const client = createAdminClient(address, { metadata, tls, timeoutMs });
  let before: Reading | undefined;
  let p99Seconds: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const read = async (): Promise<void> => {
    try {
      const { text } = await client.getMetrics({});
      const now = { atMs: performance.now(), samples: parseMetrics(text.toString()) };
      p99Seconds = createInterval(before, now).quantile(0.99, 'sheaf_request_duration_seconds', {
        outcome: 'answered',
      });
      before = now;
    } catch {
      [before, p99Seconds] = [undefined, undefined];
    }
    if (!isClosed) timer = setTimeout(() => void read(), readMs);
  };
  void read();
  return {
    get p99Seconds() {
      return p99Seconds;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      client.close();
    },
  };
}
