import { type CallContext, InferError, type Tensor, traced } from '@sheaf/inference';
import type { Vote } from '../combiners/combiner.ts';
import { contractViolation } from './errors.ts';
import type { LatencyOf } from './stage-times.ts';
import type { Call, RunStep, StepResult } from './step.ts';
import { canJoin, join } from './tensor-parts.ts';

/** A model that reads the answers of all members of an ensemble. */
export interface MetaModel {
  usualMs(context: CallContext): number | undefined;
  run(votes: readonly Vote[], wanted: readonly string[], call: Call, context: CallContext): Promise<StepResult>;
}

/** A meta-model that `run` asks, under a span and with a usual time of its own. `input` is what it calls the members' answers. */
export const createMeta = (run: RunStep, input: string, place: string, latencyOf: LatencyOf): MetaModel => ({
  usualMs: (context) => latencyOf(context).usualMs(place, context.clock.now()),
  run: async (votes, wanted, call, context) => {
    const startedAt = context.clock.now();
    const inputs = [{ ...joinLast(votes), name: input }];
    const result = await traced(context, 'stage', place, (own) => run(inputs, wanted, call, own));
    latencyOf(context).record(place, context.clock.now() - startedAt, startedAt);
    return result;
  },
});

/** All tensors side by side along their last dimension. */
function joinLast(votes: readonly Vote[]): Tensor {
  const tensors = votes.map(({ tensor }) => tensor);
  const [first] = tensors as [Tensor];
  const last = first.shape.length - 1;
  if (!canJoin(tensors, last, true))
    throw new InferError(
      'INTERNAL',
      "the members' answers differ in more than their last dimension",
      contractViolation,
    );
  return join(tensors, last, true);
}
