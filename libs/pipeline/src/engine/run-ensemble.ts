import { asInferError, type CallContext, InferError, type Tensor, traced } from '@sheaf/inference';
import { type Expression, ExpressionError } from '@sheaf/rules';
import type { Combine, Combiner, Vote } from '../combiners/combiner.ts';
import { weightMax } from '../language/weights.ts';
import { cancelTogether } from './cancel.ts';
import { type CheckAnswer, checkNumbers } from './check-answer.ts';
import { contractViolation, named } from './errors.ts';
import type { MetaModel } from './meta-model.ts';
import { QuorumTracker } from './quorum-tracker.ts';
import { dispensable, reservingFor } from './reserve.ts';
import type { Call, Note, RunStep, StepResult } from './step.ts';

interface MemberRun {
  readonly name: string;
  /** Its place among all members. */
  readonly index: number;
  readonly weight: number | Expression;
  readonly optional: boolean;
  readonly softTimeoutMs: number | undefined;
  /** What it calls the output that is read. */
  readonly called: string;
  readonly run: RunStep;
  readonly check: CheckAnswer;
  /** Brings its classes into the ensemble's order. */
  readonly align: (tensor: Tensor) => Tensor;
}

/** An ensemble, compiled but for how its answers become one. */
export interface EnsembleRun {
  readonly where: string;
  readonly members: readonly MemberRun[];
  readonly quorum: number | { readonly weight: number } | undefined;
  readonly counts: Combiner['members'];
}

/** A member that is asked in one call. */
interface Asked {
  readonly member: MemberRun;
  readonly weight: number;
}

interface Answer extends StepResult {
  readonly tensor: Tensor;
}

export function createEnsemble(ensemble: EnsembleRun, combine: Combine | MetaModel): RunStep {
  const { where, members, quorum } = ensemble;
  return async (inputs, wanted, call, context) => {
    const notes: Note[] = [];
    const asked = members
      .map((member): Asked => ({ member, weight: weightOf(member, `${where}.${member.name}`, call, notes) }))
      // What counts for nothing is not asked.
      .filter(({ weight }) => weight > 0);
    const reserved = typeof combine === 'function' ? context : reservingFor(combine.usualMs(context), context);
    // The others are enough.
    const patient: CallContext = quorum === undefined ? reserved : { ...reserved, patience: 'never' };
    const tracker = await cancelTogether(patient, (inner) =>
      askMembers(ensemble, asked, call.membersMin, inner, async ({ called, run, check, align }, own) => {
        const result = await run(inputs, [called], call, own);
        const tensor = result.outputs.find(({ name }) => name === called);
        if (!tensor) throw new InferError('INTERNAL', `gave no output "${called}"`, contractViolation);
        check(tensor, inputs);
        checkNumbers(tensor, 'its output', 'MEMBER_NAN');
        return { ...result, tensor: align(tensor) };
      }),
    );
    const { good } = tracker;
    const votes = good.map(
      ({ asked: { member, weight }, answer }): Vote => ({ index: member.index, weight, tensor: answer.tensor }),
    );
    const made =
      typeof combine === 'function'
        ? { outputs: combined(combine, votes), versions: [], notes: [] }
        : await combine.run(votes, wanted, call, context);
    notes.push(...good.flatMap(({ answer }) => answer.notes), ...made.notes, noteOf(ensemble, tracker));
    return {
      outputs: made.outputs,
      versions: [...good.flatMap(({ answer }) => answer.versions), ...made.versions],
      notes,
    };
  };
}

/** Infinities of members may cancel out; what is left is no answer. */
function combined(combiner: Combine, votes: readonly Vote[]): readonly Tensor[] {
  const outputs = combiner(votes);
  for (const output of outputs) checkNumbers(output, "the members' answers, combined:", 'COMBINED_NAN');
  return outputs;
}

/** A weight that cannot be evaluated, or is out of bounds, is 1, and the answer says so. */
function weightOf({ weight }: MemberRun, place: string, call: Call, notes: Note[]): number {
  if (typeof weight === 'number') return weight;
  try {
    const value = call.evaluate(weight) as number;
    if (value >= 0 && value <= weightMax) return value;
    notes.push({
      kind: 'unevaluated',
      place: `${place}.weight`,
      why: `want a number from 0 to ${weightMax}, got ${value}`,
    });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    notes.push({ kind: 'unevaluated', place: `${place}.weight`, why: error.message });
  }
  return 1;
}

/** Asks all members at the same time, until it is decided who is in. */
function askMembers(
  ensemble: EnsembleRun,
  asked: readonly Asked[],
  membersMin: number,
  context: CallContext,
  ask: (member: MemberRun, context: CallContext) => Promise<Answer>,
): Promise<QuorumTracker<Asked, Answer>> {
  return new Promise((resolve, reject) => {
    const tracker = new QuorumTracker<Asked, Answer>(ensemble, asked, membersMin);
    const decide = (): void => {
      const decision = tracker.decide();
      if (decision === 'wait') return;
      if (decision === 'done') resolve(tracker);
      else reject(decision);
    };
    for (const one of asked) {
      const { name, softTimeoutMs } = one.member;
      if (softTimeoutMs !== undefined) {
        const stop = context.clock.after(softTimeoutMs, () => {
          tracker.expire(one);
          decide();
        });
        // When it is decided, and when the caller leaves.
        context.signal.addEventListener('abort', stop, { once: true });
      }
      const where = `member ${name}`;
      const within = (own: CallContext): Promise<Answer> =>
        one.member.optional ? dispensable(0, where, own, (inner) => ask(one.member, inner)) : ask(one.member, own);
      traced(context, 'member', name, within, { 'sheaf.weight': one.weight })
        .then(
          (answer) => tracker.answered(one, answer),
          (error) => tracker.failed(one, named(asInferError(error), where)),
        )
        .then(decide, reject);
    }
    // Nobody may be asked at all.
    decide();
  });
}

function noteOf({ where: stage, counts }: EnsembleRun, tracker: QuorumTracker<Asked, Answer>): Note {
  const used = tracker.good.map(({ asked: { member, weight } }): [string, number] => [member.name, weight]);
  // Of a race nobody is missing: it is over when one is there.
  const missing = counts === 'first' ? [] : [...tracker.missing()];
  return {
    kind: 'ensemble',
    stage,
    used: Object.fromEntries(used),
    missing: Object.fromEntries(missing.map(([{ member }, code]) => [member.name, code])),
  };
}
