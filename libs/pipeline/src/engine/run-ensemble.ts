import { asInferError, type CallContext, InferError, type Tensor, traced } from '@sheaf/inference';
import { ExpressionError } from '@sheaf/rules';
import { alignLabels } from '../combiners/align.ts';
import { type Combine, createCombiner, type Vote } from '../combiners/index.ts';
import type { EnsembleStep, Member } from '../language/spec.ts';
import { weightMax } from '../language/weights.ts';
import type { Resolved } from '../types/resolved.ts';
import { cancelTogether } from './cancel.ts';
import { type CheckAnswer, checkNumbers, createAnswerCheck } from './check-answer.ts';
import { contractViolation, named } from './errors.ts';
import { QuorumTracker } from './quorum-tracker.ts';
import { dispensable, reservingFor } from './reserve.ts';
import type { Call, Note, RunStep, StepResult } from './step.ts';
import { canJoin, join } from './tensor-parts.ts';

interface Asked {
  readonly member: Member;
  /** Its place among all members. */
  readonly index: number;
  readonly weight: number;
  readonly run: RunStep;
}

interface Answer extends StepResult {
  readonly tensor: Tensor;
}

/** The meta-model of a stack. */
export interface Meta {
  readonly run: RunStep;
  usualMs(now: number): number | undefined;
}

/** `runs` are the members' steps, in their order. */
export function createEnsemble(
  step: EnsembleStep,
  where: string,
  { answers = [], given = new Map(), classes }: Resolved,
  runs: readonly RunStep[],
  meta?: Meta,
): RunStep {
  const { members, combine } = step;
  const align = members.map((_, index) => alignLabels(classes?.own[index], classes?.common));
  const checks = members.map((_, index) => createAnswerCheck(answers[index], given));
  const combiner: Combine | undefined = combine.kind === 'stack' ? undefined : createCombiner(combine, members.length);
  return async (inputs, wanted, call, context) => {
    const notes: Note[] = [];
    const asked = members
      .map(
        (member, index): Asked => ({
          member,
          index,
          weight: weightOf(member, `${where}.${member.name}`, call, notes),
          run: runs[index] as RunStep,
        }),
      )
      // What counts for nothing is not asked.
      .filter(({ weight }) => weight > 0);
    const reserved = meta ? reservingFor(meta.usualMs(context.clock.now()), context) : context;
    // The others are enough.
    const patient: CallContext = step.quorum === undefined ? reserved : { ...reserved, patience: 'never' };
    const quorum = await cancelTogether(patient, (inner) =>
      askMembers(step, asked, call.membersMin, inner, async ({ member, index, run }, own) => {
        const called = member.outputs.get(combine.output) ?? combine.output;
        const result = await run(inputs, [called], call, own);
        const tensor = result.outputs.find(({ name }) => name === called);
        if (!tensor) throw new InferError('INTERNAL', `gave no output "${called}"`, contractViolation);
        (checks[index] as CheckAnswer)(tensor, inputs);
        checkNumbers(tensor, 'its output', 'MEMBER_NAN');
        return { ...result, tensor: (align[index] as (tensor: Tensor) => Tensor)(tensor) };
      }),
    );
    const votes = quorum.good.map(
      ({ asked: { index, weight }, answer }): Vote => ({ index, weight, tensor: answer.tensor }),
    );
    const made = combiner
      ? { outputs: combined(combiner, votes), versions: [], notes: [] }
      : await (meta as Meta).run([joinLast(votes)], wanted, call, context);
    notes.push(...quorum.good.flatMap(({ answer }) => answer.notes), ...made.notes, noteOf(step, where, quorum));
    return {
      outputs: made.outputs,
      versions: [...quorum.good.flatMap(({ answer }) => answer.versions), ...made.versions],
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
function weightOf({ weight }: Member, place: string, call: Call, notes: Note[]): number {
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
  step: EnsembleStep,
  asked: readonly Asked[],
  membersMin: number,
  context: CallContext,
  ask: (asked: Asked, context: CallContext) => Promise<Answer>,
): Promise<QuorumTracker<Asked, Answer>> {
  return new Promise((resolve, reject) => {
    const quorum = new QuorumTracker<Asked, Answer>(step, asked, membersMin);
    const decide = (): void => {
      const decision = quorum.decide();
      if (decision === 'wait') return;
      if (decision === 'done') resolve(quorum);
      else reject(decision);
    };
    for (const one of asked) {
      const { name, softTimeoutMs } = one.member;
      if (softTimeoutMs !== undefined) {
        const stop = context.clock.after(softTimeoutMs, () => {
          quorum.expire(one);
          decide();
        });
        // When it is decided, and when the caller leaves.
        context.signal.addEventListener('abort', stop, { once: true });
      }
      const where = `member ${name}`;
      const within = (own: CallContext): Promise<Answer> =>
        one.member.optional ? dispensable(0, where, own, (inner) => ask(one, inner)) : ask(one, own);
      traced(context, 'member', name, within, { 'sheaf.weight': one.weight })
        .then(
          (answer) => quorum.answered(one, answer),
          (error) => quorum.failed(one, named(asInferError(error), where)),
        )
        .then(decide, reject);
    }
    // Nobody may be asked at all.
    decide();
  });
}

function noteOf({ combine }: EnsembleStep, stage: string, quorum: QuorumTracker<Asked, Answer>): Note {
  const used = quorum.good.map(({ asked: { member, weight } }): [string, number] => [member.name, weight]);
  // Of a race nobody is missing: it is over when one is there.
  const missing = combine.kind === 'first' ? [] : [...quorum.missing()];
  return {
    kind: 'ensemble',
    stage,
    used: Object.fromEntries(used),
    missing: Object.fromEntries(missing.map(([{ member }, code]) => [member.name, code])),
  };
}

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
