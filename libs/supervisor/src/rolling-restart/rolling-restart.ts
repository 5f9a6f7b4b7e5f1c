/** Replaces the processes of a mesh one after another, so that no call is lost. */
import { setTimeout } from 'node:timers/promises';

/** A part of a mesh that can be replaced while the mesh serves: a service with all its replicas, the workers, or one gateway. */
export interface Part {
  /** A gateway's is `gateway`, or `gateway-1` and so on. */
  readonly name: string;
  readonly kind: 'service' | 'worker' | 'gateway';
  /** Resolves when the new one is ready and the old one has answered its last call. */
  restart(): Promise<void>;
}

/**
 * The parts to restart, services first. `names` are those of parts, or `gateway` for all of several; none: all of the mesh, without a gateway that is
 * the only one. Throws for a name that is none, and for the only gateway: nobody takes its calls meanwhile.
 */
export function partsToRestart(parts: readonly Part[], names: readonly string[]): readonly Part[] {
  const gateways = parts.filter(({ kind }) => kind === 'gateway');
  const isMeant = ({ name, kind }: Part): boolean => {
    if (names.length === 0) return kind !== 'gateway' || gateways.length > 1;
    return names.includes(name) || (kind === 'gateway' && names.includes('gateway'));
  };
  const known = ['gateway', ...parts.map(({ name }) => name)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(
      `there is no service "${unknown}" to restart; there are ${[...new Set(parts.map(({ name }) => name))].join(', ')}`,
    );
  const meant = parts.filter(isMeant);
  if (gateways.length === 1 && meant.some(({ kind }) => kind === 'gateway'))
    throw new Error(
      'the mesh has one gateway, and calls would be lost without it: want gateway: { replicas: 2 } in mesh.yaml',
    );
  return meant.toSorted((a, b) => Number(a.kind === 'gateway') - Number(b.kind === 'gateway'));
}

/** By then the clients of a gateway that is back have come back too: gRPC waits for a second or two between tries, and longer after more. */
const reconnectMs = 5_000;

/** `onRestarted` is told after each part; once `isWanted` answers no, the rest is left as it is. */
export async function restartOneByOne(
  parts: readonly Part[],
  onRestarted: (part: Part) => void,
  isWanted: () => boolean,
): Promise<void> {
  for (const [index, part] of parts.entries()) {
    if (!isWanted()) return;
    await part.restart();
    onRestarted(part);
    if (part.kind === 'gateway' && index < parts.length - 1) await setTimeout(reconnectMs);
  }
}
