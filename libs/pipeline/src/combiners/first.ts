import type { ComputingCombiner } from './combiner.ts';

export const first: ComputingCombiner = {
  doc: 'The first good answer; the other members are cancelled.',
  weighs: false,
  members: 'first',
  outputs: ({ output }, member) => new Map([[output, member]]),
  create:
    ({ output }) =>
    ([vote]) =>
      vote ? [{ ...vote.tensor, name: output }] : [],
};
