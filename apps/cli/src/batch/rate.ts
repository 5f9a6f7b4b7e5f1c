/** How fast something grows, from looks at it. */
export interface Rate {
  /** `atMs`: on a clock that never goes back. */
  saw(count: number, atMs: number): void;
  /** Over the last looks; undefined until there are two. */
  readonly perSecond: number | undefined;
}

/** Looks that are older do not count. Milliseconds. */
const windowMs = 15_000;

export function createRate(): Rate {
  const looks: { readonly count: number; readonly atMs: number }[] = [];
  return {
    saw(count, atMs) {
      looks.push({ count, atMs });
      while (looks.length > 2 && atMs - (looks[0]?.atMs ?? atMs) > windowMs) looks.shift();
    },
    get perSecond() {
      const [first, last] = [looks[0], looks.at(-1)];
      if (!first || !last || last.atMs <= first.atMs) return undefined;
      return ((last.count - first.count) * 1000) / (last.atMs - first.atMs);
    },
  };
}
