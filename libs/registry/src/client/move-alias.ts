/** Moves of aliases, for whoever has just looked where they stand. */
import type { AliasMessage, AliasMoveMessage, RegistryCalls } from '@sheaf/transport';

export interface WantedMove {
  readonly kind: string;
  readonly name: string;
  readonly alias: string;
  /** A number, an alias or a digest; `-` takes the alias away. */
  readonly to: string;
  readonly why: string;
  readonly evidence: string;
  readonly force: boolean;
}

/** From where it stands now: whoever moves it meanwhile wins, and this throws FAILED_PRECONDITION (ALIAS_MOVED). */
export async function moveAlias(calls: RegistryCalls, move: WantedMove): Promise<AliasMessage> {
  const { kind, name, alias } = move;
  return calls.moveAlias({ ...move, expectedEpoch: await epochOf(calls, { kind, name, alias }) });
}

/** An alias that was taken away goes on counting from where it was. */
async function epochOf(calls: RegistryCalls, of: Pick<WantedMove, 'kind' | 'name' | 'alias'>): Promise<number> {
  const { moves } = await calls.listHistory({ ...of, limit: 1 });
  return moves[0]?.epoch ?? 0;
}

/**
 * The version that an alias goes back to: the one that it stood on before it came to where it stands. A move to that one is itself a way back, so to go back
 * again leads further back, and not to and fro. Undefined where there is none. `moves`: all of one alias, the newest first.
 */
export function championBefore(moves: readonly Pick<AliasMoveMessage, 'to'>[]): number | undefined {
  const line: number[] = [];
  for (const { to } of moves.toReversed()) {
    if (line.at(-2) === to) line.pop();
    else if (to !== 0 && line.at(-1) !== to) line.push(to);
  }
  return moves[0]?.to === 0 ? line.at(-1) : line.at(-2);
}
