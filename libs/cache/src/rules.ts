/** Which answers are kept, and for how long. */
import { matchesPattern } from '@sheaf/inference';

export interface CacheRule {
  /** Models and pipelines that it is about, by the names that a route has led to; `*` stands for any run of characters. */
  readonly models: readonly string[];
  /** How long an answer is kept, in milliseconds. */
  readonly keepMs: number;
  /** Whether one tenant may have what another was answered. */
  readonly isShared: boolean;
}

export interface CacheSpec {
  /** What the answers that are kept may take of a gateway's memory. */
  readonly bytesMax: number;
  /** The first that is about a name counts. */
  readonly rules: readonly CacheRule[];
}

/** Answers the rule for a name; undefined where nothing of it is kept. Looked up once for each name. */
export function createRules({ rules }: Pick<CacheSpec, 'rules'>): (model: string) => CacheRule | undefined {
  const known = new Map<string, CacheRule | undefined>();
  return (model) => {
    if (!known.has(model))
      known.set(
        model,
        rules.find(({ models }) => models.some((pattern) => matchesPattern(pattern, model))),
      );
    return known.get(model);
  };
}
