/** Keeps the values of labels few, whatever callers send. */
import { other } from './registry.ts';

/** As it is, or `_OTHER`. */
export type Bounded = (value: string) => string;

/** The first `most` values that come are told apart. `onOverflow` is called for each that is not. */
export function firstOf(most: number, onOverflow: () => void = () => {}): Bounded {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size < most) {
      known.add(value);
      return value;
    }
    onOverflow();
    return other;
  };
}

/** Those of a closed list; '' stands for none. */
export function oneOf(values: readonly string[]): Bounded {
  const known = new Set(['', ...values]);
  return (value) => (known.has(value) ? value : other);
}

/** Makes what belongs to a key once. The keys have to be few. */
export function kept<Value>(create: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    const value = known.get(key);
    if (value !== undefined) return value;
    const made = create(key);
    known.set(key, made);
    return made;
  };
}
