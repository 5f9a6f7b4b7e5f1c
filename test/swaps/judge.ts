/** Which versions answered a call, and whether they may have. */
import { elements, type InferResponse, type Tensor } from '@sheaf/inference';

/** What happened: the version that was in force first, and each move with its times. Milliseconds of the monotonic clock. */
export interface Move {
  readonly version: number;
  readonly begunAt: number;
  /** Infinity while it is under way. */
  inForceAt: number;
}

export interface Answer {
  readonly startedAt: number;
  readonly endedAt: number;
  /** All that took part, by what they computed and by what the answer says. */
  readonly versions: ReadonlySet<number>;
}

/** Every version in an answer: of the model itself, and of each stage, by its value and by its name. Inputs are ones. */
export function versionsIn({ model, version, outputs, parameters }: InferResponse): Set<number> {
  const told = String(parameters.get('sheaf_versions') ?? '');
  const stages = [...told.matchAll(/=(?:left|right)\/(\d+)/g)].map(([, number]) => Number(number));
  const own = model === 'pair' ? [] : [Number(version)];
  return new Set([...own, ...stages, ...outputs.map(first)]);
}

const first = (tensor: Tensor): number => elements({ ...tensor, datatype: 'FP32' as const })[0] ?? Number.NaN;

/** Versions of two states in one answer. */
export const isMixed = ({ versions }: Answer): boolean => versions.size !== 1;

/** A version that was in force at no moment of the call. `moves` in order; the first was in force before all calls. */
export function isWrong({ startedAt, endedAt, versions }: Answer, moves: readonly Move[]): boolean {
  const allowed = moves.filter(({ begunAt }, index) => {
    const next = moves[index + 1];
    return begunAt <= endedAt && (next === undefined || next.inForceAt >= startedAt);
  });
  return [...versions].some((version) => !allowed.some((move) => move.version === version));
}
