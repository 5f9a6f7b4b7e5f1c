/** The `memory` of a service in mesh.yaml: what its process may take. */
import { InferError, log } from '@sheaf/inference';
import { residentBytes, watchMemory } from '@sheaf/runtime';

/** A process can be past its limit for so long before it is noticed. */
const lookIntervalMs = 50;

export interface MemoryLimit {
  readonly service: string;
  /** Bytes of resident memory. */
  readonly maxBytes: number;
  /** Answers every call: those that run with `running`, those that wait and all that come with `waiting`. */
  readonly abandon: (running: InferError, waiting: InferError) => void;
  /** Ends the process soon; called after every call has its answer. */
  readonly end: (why: string) => void;
  /** Default: the resident memory of this process and its transforms. */
  readonly used?: () => number;
  /** Default 50. */
  readonly intervalMs?: number;
}

/** Throws FAILED_PRECONDITION where a limit leaves nothing to run in. For a process that is loaded. */
export function checkMemoryFits(service: string, maxBytes: number, usedBytes = residentBytes()): void {
  if (usedBytes <= maxBytes) return;
  throw new InferError(
    'FAILED_PRECONDITION',
    `mesh.yaml: services.${service}.memory: want more than the ${mebibytes(usedBytes)} that it takes once it is loaded, got ${mebibytes(maxBytes)}`,
  );
}

/**
 * Watches the memory of this process, on every system, since it asks for its own, and on Linux of its transforms. What runs may be what takes the memory, so it is refused for good
 * (RESOURCE_EXHAUSTED); what waits may go elsewhere (UNAVAILABLE). Ends with what it answers.
 */
export function limitMemory(limit: MemoryLimit): () => void {
  const { service, maxBytes, abandon, end, used = residentBytes, intervalMs = lookIntervalMs } = limit;
  return watchMemory({ maxBytes, used, intervalMs }, (usedBytes) => {
    const why = `its memory limit of ${mebibytes(maxBytes)} passed with ${mebibytes(usedBytes)}`;
    log('memory.passed', `service ${service}: ${why}; this process ends`, { service, bytes: usedBytes });
    abandon(...answers(service, maxBytes));
    end(why);
    // For good.
    return new Promise(() => {});
  });
}

function answers(service: string, maxBytes: number): [running: InferError, waiting: InferError] {
  const passed = `service ${service}: its process passed its memory limit of ${mebibytes(maxBytes)} and is replaced`;
  const metadata = { service, limit_bytes: String(maxBytes) };
  return [
    new InferError('RESOURCE_EXHAUSTED', `${passed}; this call ran in it, and may be what took the memory`, {
      reason: 'MEMORY_LIMIT',
      metadata,
      retryAfterMs: -1,
    }),
    new InferError('UNAVAILABLE', `${passed}; this call had not begun`, {
      reason: 'MEMORY_LIMIT',
      metadata,
      progress: 'not-begun',
      retryAfterMs: 1_000,
    }),
  ];
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
