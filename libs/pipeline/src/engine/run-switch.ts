import { type Expression, ExpressionError } from '@sheaf/rules';
import { type Call, type Note, nothing, type RunStep } from './step.ts';

export interface CompiledBranch {
  readonly when: Expression | undefined;
  readonly run: RunStep;
  /** As the trace names it. */
  readonly name: string;
}

/** Runs the first branch whose condition holds; one that cannot be evaluated does not hold, and the answer says so. */
export function createSwitch(branches: readonly CompiledBranch[], where: string): RunStep {
  return async (inputs, wanted, call, context) => {
    const notes: Note[] = [];
    const taken = branches.find(({ when, name }) => !when || holds(when, call, `${where}.${name}`, notes));
    context.journal.mark(context.span, { 'sheaf.branch': taken?.name ?? 'none' });
    const result = taken ? await taken.run(inputs, wanted, call, context) : nothing;
    return notes.length === 0 ? result : { ...result, notes: [...notes, ...result.notes] };
  };
}

function holds(when: Expression, call: Call, place: string, notes: Note[]): boolean {
  try {
    return call.evaluate(when) === true;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    notes.push({ kind: 'unevaluated', place, why: error.message });
    return false;
  }
}
