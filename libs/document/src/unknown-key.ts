/** Longer keys are compared by this many characters. */
const comparedCharsMax = 64;

/** What a message says of a key that is none of `keys`, with the one that may be meant. */
export function unknownKey(key: string, keys: readonly string[]): string {
  const meant = nearest(key, keys);
  return `unknown key; the keys are ${keys.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** The name that differs least from `written`; undefined where every one differs in more than a third of its characters. */
export function nearest(written: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, edits: editsBetween(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.edits - b.edits);
  return best?.name;
}

/** How many characters are put in, left out or written otherwise (Levenshtein's distance). */
function editsBetween(a: string, b: string): number {
  const [left, right] = [a.slice(0, comparedCharsMax), b.slice(0, comparedCharsMax)];
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [index, char] of [...left].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (row[column - 1] ?? 0) + Number(right[column - 1] !== char);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
