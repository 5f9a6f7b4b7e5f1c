import type { Limits } from '@sheaf/inference';

/**
 * The limits of a server that is open: those that follow the models are as `now` has them, since models come with a reload; the others are those of the
 * start, which the connections were opened with.
 */
export function liveLimits(start: Limits, now: () => Limits): Limits {
  return {
    ...start,
    get inputsMax() {
      return now().inputsMax;
    },
    get outputsMax() {
      return now().outputsMax;
    },
    get nameCharsMax() {
      return now().nameCharsMax;
    },
    get rankMax() {
      return now().rankMax;
    },
    get elementsMax() {
      return now().elementsMax;
    },
    get deadlineMaxMs() {
      return now().deadlineMaxMs;
    },
  };
}
