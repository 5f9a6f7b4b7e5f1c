import type { Problem, Reference } from './spec.ts';

type Path = readonly (string | number)[];

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const referenceWish = 'an input, or an output of a stage such as crop.digits';
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const shownCharsMax = 60;
const unprintable = /\p{C}/u;

function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}...` : text;
}

/** Reads parts of a document and gathers what is wrong with them; a wrong part is answered with a harmless stand-in. */
export class Problems {
  readonly list: Problem[] = [];

  add(path: Path, message: string): void {
    this.list.push({ path, message });
  }

  wanted(path: Path, wish: string, got: unknown): void {
    this.add(path, `want ${wish}, got ${show(got)}`);
  }

  /** A mapping with no other keys than `keys`. */
  record(path: Path, value: unknown, keys: readonly string[]): Record<string, unknown> | undefined {
    if (!isRecord(value)) {
      this.wanted(path, `a mapping of ${keys.join(', ')}`, value);
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) this.add([...path, key], `unknown key; the keys are ${keys.join(', ')}`);
    }
    return value;
  }

  entries(path: Path, value: unknown, wish: string): [string, unknown][] {
    if (isRecord(value)) return Object.entries(value);
    this.wanted(path, wish, value);
    return [];
  }

  name(path: Path, value: unknown): string {
    if (typeof value === 'string' && namePattern.test(value)) return value;
    this.wanted(path, 'a name of letters, digits, "_" and "-", starting with a letter or digit, at most 128', value);
    return '';
  }

  text(path: Path, value: unknown, wish: string): string {
    if (typeof value === 'string' && value !== '') return value;
    this.wanted(path, wish, value);
    return '';
  }

  integer(path: Path, value: unknown, min: number): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value;
    this.wanted(path, `an integer of ${min} or more`, value);
    return min;
  }

  /** Values that are each `input` or `stage.output`. */
  references(path: Path, entries: readonly (readonly [string, unknown])[]): Map<string, Reference> {
    const references = new Map<string, Reference>();
    for (const [key, value] of entries) {
      if (key === '' || unprintable.test(key)) this.wanted([...path, key], 'a printable name', key);
      const text = this.text([...path, key], value, referenceWish);
      const dot = text.indexOf('.');
      if (dot === 0 || (text !== '' && dot === text.length - 1) || unprintable.test(text))
        this.wanted([...path, key], referenceWish, value);
      references.set(
        key,
        dot === -1 ? { stage: undefined, name: text } : { stage: text.slice(0, dot), name: text.slice(dot + 1) },
      );
    }
    return references;
  }
}
