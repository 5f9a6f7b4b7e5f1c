/** The workers of the mesh, as a gateway asks them for their numbers. */
import { onWorkers } from '@sheaf/host';
import { innerLimits } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import type { ScrapedProcess } from '@sheaf/telemetry';
import { createRemote, type Remote } from '@sheaf/transport';

export interface Workers {
  /** Those that the supervisor has started. */
  readonly processes: () => readonly ScrapedProcess[];
  close(): void;
}

/** `secret`: what they want of whoever asks. */
export function followWorkers({ limits, tls }: Mesh, secret: string | undefined): Workers {
  const remotes = new Map<string, Remote>();
  onWorkers((targets) => {
    for (const target of targets)
      if (!remotes.has(target))
        remotes.set(
          target,
          createRemote(target, { service: 'worker', limits: innerLimits(limits), transport: 'stream', tls, secret }),
        );
  });
  return {
    processes: () =>
      [...remotes].map(([endpoint, { metrics }], index) => ({
        service: 'worker',
        endpoint,
        replica: index + 1,
        metrics,
      })),
    close: () => {
      for (const remote of remotes.values()) remote.close();
    },
  };
}
