/** The workers of a mesh, as its gateways hear of them. */

/** Where the workers of the mesh are now: a gateway asks them for their numbers. */
export interface WorkersMessage {
  readonly kind: 'workers';
  /** Addresses, in the order of their numbers. */
  readonly targets: readonly string[];
}

/** Calls `listener` whenever the supervisor has started workers, with all of them. */
export function onWorkers(listener: (targets: readonly string[]) => void): void {
  process.on('message', ({ kind, targets }: WorkersMessage) => {
    if (kind === 'workers') listener(targets);
  });
}
