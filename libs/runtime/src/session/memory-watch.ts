/** How often the memory is looked at, and how long a replacement has to help before the next one. */
const lookIntervalMs = 1_000;
const againAfterMs = 60_000;

export interface MemoryBudget {
  /** Bytes that the process may take. */
  readonly maxBytes: number;
  /** Default: the resident memory of this process. */
  readonly used?: () => number;
  /** Default 1,000. */
  readonly intervalMs?: number;
}

/** Calls `relieve` when the process is past its budget, one at a time and at most once a minute. Ends with what it answers. */
export function watchMemory(budget: MemoryBudget, relieve: (usedBytes: number) => Promise<void>): () => void {
  const { maxBytes, used = process.memoryUsage.rss, intervalMs = lookIntervalMs } = budget;
  let quietUntil = 0;
  const timer = setInterval(async () => {
    const bytes = used();
    if (bytes <= maxBytes || performance.now() < quietUntil) return;
    quietUntil = Number.POSITIVE_INFINITY;
    await relieve(bytes);
    quietUntil = performance.now() + againAfterMs;
  }, intervalMs).unref();
  return () => clearInterval(timer);
}
