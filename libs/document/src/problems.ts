export type Path = readonly (string | number)[];

/** One mistake, at a path into the document. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

const shownCharsMax = 60;

/** A value as a message quotes it; long ones are cut. */
export function show(value: unknown): string {
  // JSON has no NaN and no infinity.
  const told = typeof value === 'number' ? String(value) : JSON.stringify(value);
  const text = value === undefined ? 'nothing' : (told ?? typeof value);
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}...` : text;
}

/** Gathers what is wrong with a document, so that all of it is told at once. */
export class Problems {
  readonly list: Problem[] = [];

  add(path: Path, message: string): undefined {
    this.list.push({ path, message });
    return undefined;
  }

  wanted(path: Path, expected: string, got: unknown): undefined {
    return this.add(path, `want ${expected}, got ${show(got)}`);
  }
}
