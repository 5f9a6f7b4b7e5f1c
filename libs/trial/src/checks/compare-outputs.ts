/** How the answers of two versions to the same inputs differ, by output. */
import type { OutputComparison, Tensor } from '@sheaf/inference';
import { allowedRounding, difference } from '@sheaf/runtime';
import { floatsOf, numbersOf } from './numbers.ts';

interface Tally {
  compared: number;
  same: number;
  /** Inputs that had rows of several floating-point values, and those of which every largest stood in the same place. */
  ranked: number;
  sameLargest: number;
  /** Inputs whose difference is a number. */
  measured: number;
  differenceMax: number;
  differenceSum: number;
}

interface Answered {
  readonly outputs: readonly Tensor[];
}

/** `add` takes what the two answered to one input. */
export function createComparison(): {
  add(current: Answered, candidate: Answered): void;
  outputs(): readonly OutputComparison[];
} {
  const tallies = new Map<string, Tally>();
  return {
    add: (current, candidate) => {
      for (const before of current.outputs) {
        const after = candidate.outputs.find(({ name }) => name === before.name);
        if (after) count(tallyOf(tallies, before.name), before, after);
      }
    },
    outputs: () => [...tallies].map(([output, tally]) => summary(output, tally)),
  };
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const known = tallies.get(name);
  if (known) return known;
  const tally = { compared: 0, same: 0, ranked: 0, sameLargest: 0, measured: 0, differenceMax: 0, differenceSum: 0 };
  tallies.set(name, tally);
  return tally;
}

function count(tally: Tally, before: Tensor, after: Tensor): void {
  tally.compared++;
  if (difference(before, after) <= allowedRounding(before.datatype)) tally.same++;
  const apart = largestDifference(before, after);
  if (apart !== undefined) {
    tally.measured++;
    tally.differenceMax = Math.max(tally.differenceMax, apart);
    tally.differenceSum += apart;
  }
  const [one, other] = [largestPlaces(before), largestPlaces(after)];
  if (!one || !other) return;
  tally.ranked++;
  if (String(one) === String(other)) tally.sameLargest++;
}

const isAlike = (one: Tensor, other: Tensor): boolean =>
  one.datatype === other.datatype && String(one.shape) === String(other.shape);

/** Undefined where it is no number. */
function largestDifference(before: Tensor, after: Tensor): number | undefined {
  if (!isAlike(before, after)) return undefined;
  const [one, other] = [numbersOf(before), numbersOf(after)];
  if (!one || !other) return undefined;
  let largest = 0;
  for (let index = 0; index < one.length; index++) {
    const [value, another] = [one[index] as number, other[index] as number];
    if (Object.is(value, another)) continue;
    const apart = Math.abs(value - another);
    if (!Number.isFinite(apart)) return undefined;
    largest = Math.max(largest, apart);
  }
  return largest;
}

/** Where the largest value of each row stands; undefined where rows have no several values. */
function largestPlaces(tensor: Tensor): number[] | undefined {
  const floats = floatsOf(tensor);
  const width = tensor.shape.at(-1) ?? 1;
  if (!floats || width < 2 || floats.length === 0) return undefined;
  return Array.from({ length: floats.length / width }, (_, row) => {
    let at = 0;
    for (let index = 1; index < width; index++)
      if ((floats[row * width + index] as number) > (floats[row * width + at] as number)) at = index;
    return at;
  });
}

function summary(output: string, tally: Tally): OutputComparison {
  const { compared, same, ranked, sameLargest, measured, differenceMax, differenceSum } = tally;
  return {
    output,
    compared,
    agreement: same / compared,
    ...(ranked > 0 ? { sameLargest: sameLargest / ranked } : {}),
    ...(measured > 0 ? { differenceMax, differenceMean: differenceSum / measured } : {}),
  };
}
