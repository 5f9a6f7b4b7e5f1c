/** How long API keys count. */
import type { ApiKey } from '@sheaf/store';

export const dayMs = 24 * 3_600_000;
/** The longest that anybody may say of a key. */
export const keyDaysMax = 3_650;

type Terms = Pick<ApiKey, 'createdAt' | 'rotatedAt' | 'expiresAt'>;

/** When the secret of a key was made. */
export const madeAt = ({ createdAt, rotatedAt }: Terms): number => rotatedAt ?? createdAt;

/** When a key ends by what it says and by what policies allow it, in milliseconds since the epoch; undefined: never. */
export function endOf(key: Terms, daysMax: number | undefined): number | undefined {
  if (daysMax === undefined) return key.expiresAt;
  return Math.min(key.expiresAt ?? Number.POSITIVE_INFINITY, madeAt(key) + daysMax * dayMs);
}

/** What is wrong with a key that is to end then, made now; undefined when nothing is. */
export function termProblem(
  expiresAt: number | undefined,
  now: number,
  daysMax: number | undefined,
): string | undefined {
  if (daysMax === undefined || (expiresAt !== undefined && expiresAt <= now + daysMax * dayMs)) return undefined;
  const got = expiresAt === undefined ? 'none' : `${Math.ceil((expiresAt - now) / dayMs)} days`;
  return `expires: want an end within ${daysMax} days, as identity.keys.daysMax of policies.yaml says, got ${got}`;
}

/** A line for the log where policies end keys before their time; undefined where they end none. */
export function shortenedLine(keys: Iterable<ApiKey>, now: number, daysMax: number | undefined): string | undefined {
  const counting = [...keys].filter((key) => key.revokedAt === undefined && !(key.expiresAt && key.expiresAt <= now));
  const count = counting.filter((key) => endOf(key, daysMax) !== key.expiresAt).length;
  if (count === 0) return undefined;
  const which =
    count === 1 ? 'one API key has no end, or a later one,' : `${count} API keys have no end, or a later one,`;
  return `${which} than identity.keys.daysMax of policies.yaml allows: they end ${daysMax} days after their secret was made (sheaf keys list tells when)`;
}
