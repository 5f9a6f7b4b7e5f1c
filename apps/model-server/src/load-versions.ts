/** The models and transforms of a service, a few at a time: all at once they take more threads and memory than they need afterwards. */
import { availableParallelism } from 'node:os';
import { report, type Unserved, unservedName } from '@sheaf/host';
import { InferError, log } from '@sheaf/inference';
import { contentChanged } from '@sheaf/mesh/content';
import type { ServedVersion } from '@sheaf/runtime';

/** Each has a thread or a process of its own, and keeps a core busy. */
const atOnceMax = Math.max(2, availableParallelism());
/** Lines in the log of one start, where there are many models. */
const linesMax = 10;

/** A model may take minutes, and a supervisor is not to think that this process has died. */
const aliveEveryMs = 30_000;

/** A version of a model, or a transform, that is to be loaded. */
export interface Loading extends Pick<Unserved, 'kind' | 'name' | 'version'> {
  readonly open: () => Promise<ServedVersion>;
}

export interface Loaded {
  readonly loaded: readonly ServedVersion[];
  readonly unserved: readonly Unserved[];
  /** The error of the first that could not be loaded. */
  readonly why: unknown;
}

/** Tells the supervisor how it goes: a start that comes on is not given up, and one that ends is known by what was being loaded. */
export async function loadVersions(versions: readonly Loading[]): Promise<Loaded> {
  const results: PromiseSettledResult<ServedVersion>[] = [];
  const loading = new Set<string>();
  let done = 0;
  const tell = (line?: string): void => {
    if (process.send) report({ kind: 'progress', loading: [...loading], line }, '');
    else if (line !== undefined) log('process.loading', line);
  };
  const rest = versions.entries();
  const loadNext = async (): Promise<void> => {
    // Shared: each takes what no other one has taken.
    for (const [index, { open, ...what }] of rest) {
      const subject = unservedName(what);
      loading.add(subject);
      tell();
      const [result] = await Promise.allSettled([open()]);
      results[index] = result;
      loading.delete(subject);
      done++;
      const share = (count: number): number => Math.floor((count * linesMax) / versions.length);
      const isTold = versions.length > linesMax && share(done) > share(done - 1);
      tell(isTold ? `${done} of ${versions.length} models and transforms loaded` : undefined);
    }
  };
  const alive = setInterval(tell, aliveEveryMs);
  await Promise.all(Array.from({ length: atOnceMax }, loadNext));
  clearInterval(alive);
  // Nobody has any more what the others serve: that is for all processes of the mesh together.
  const other = results.find((result) => result.status === 'rejected' && isChanged(result.reason));
  if (other?.status === 'rejected') {
    await Promise.all(results.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
    throw other.reason;
  }
  return settled(versions, results);
}

function settled(versions: readonly Loading[], results: readonly PromiseSettledResult<ServedVersion>[]): Loaded {
  const loaded = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const unserved = versions.flatMap(({ kind, name, version }, index): Unserved[] => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ kind, name, version, why: sentence(result.reason) }] : [];
  });
  return { loaded, unserved, why: results.find((result) => result.status === 'rejected')?.reason };
}

const isChanged = (error: unknown): boolean => error instanceof InferError && error.reason === contentChanged;

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
