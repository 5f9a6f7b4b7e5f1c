import { traced } from '@sheaf/inference';
import type { Member, Reference, Step, Target } from '../language/spec.ts';
import type { CheckedPipeline } from '../types/type-check.ts';
import { createAsk } from './ask-target.ts';
import { until } from './cancel.ts';
import type { LatencyTracker } from './latency-tracker.ts';
import { createEach } from './run-each.ts';
import { createEnsemble, type Meta } from './run-ensemble.ts';
import { createFallback } from './run-fallback.ts';
import { createSwitch } from './run-switch.ts';
import type { RunStep } from './step.ts';
import type { Targets } from './targets.ts';
import { gather } from './wires.ts';

export interface Surroundings {
  readonly checked: CheckedPipeline;
  readonly targets: Targets;
  readonly latency: LatencyTracker;
}

/** Compiles a step and all inside it, once. `where` is how versions, latencies and errors name it: `read.cnn`. */
export function compileStep(step: Step, where: string, around: Surroundings): RunStep {
  const run = compileKind(step, where, around);
  const { timeoutMs } = step;
  if (timeoutMs === undefined) return run;
  return (inputs, wanted, call, context) =>
    until(Math.min(context.deadline, context.clock.now() + timeoutMs), where, context, (inner) =>
      run(inputs, wanted, call, inner),
    );
}

/** A step inside another: over the inputs of that one, or over its own. */
function compileInner(step: Step, where: string, around: Surroundings): RunStep {
  const run = compileStep(step, where, around);
  const { inputs: own } = step;
  return own ? withOwnInputs(own, run) : run;
}

const withOwnInputs =
  (own: ReadonlyMap<string, Reference>, run: RunStep): RunStep =>
  (_given, wanted, call, context) =>
    run(gather(own, call), wanted, call, context);

function compileKind(step: Step, where: string, around: Surroundings): RunStep {
  const { checked, targets, latency } = around;
  const known = checked.resolved.get(step) ?? {};
  const inner = (name: string, other: Step): RunStep => compileInner(other, `${where}.${name}`, around);
  switch (step.kind) {
    case 'target':
      return createAsk(step, where, known.inputs ?? [], targets);
    case 'switch':
      return createSwitch(
        step.branches.map(({ when, step: branch }, index) => {
          const name = branchName(branch, index);
          return { when, name, run: inner(name, branch) };
        }),
        where,
      );
    case 'fallback':
      return createFallback(
        step.steps.map((other, index) => inner(branchName(other, index), other)),
        where,
        latency,
      );
    case 'each':
      return createEach(step, known, compileInner(step.step, where, around));
    case 'ensemble': {
      const runs = step.members.map(({ name, step: member }: Member) => inner(name, member));
      const { combine } = step;
      if (combine.kind !== 'stack') return createEnsemble(step, where, known, runs);
      const target: Target = { kind: 'model', name: combine.model, version: combine.version };
      const meta = createAsk(
        { kind: 'target', target, inputs: undefined, timeoutMs: undefined },
        `${where}.stack`,
        [known.stackInput ?? ''],
        targets,
      );
      return createEnsemble(
        step,
        where,
        known,
        runs,
        createMeta(meta, known.stackInput ?? '', `${where}.stack`, latency),
      );
    }
  }
}

/** The meta-model of a stack, under a span and with a usual time of its own. */
const createMeta = (run: RunStep, input: string, place: string, latency: LatencyTracker): Meta => ({
  usualMs: (now) => latency.usualMs(place, now),
  run: async ([joined], wanted, call, context) => {
    const startedAt = context.clock.now();
    const inputs = joined ? [{ ...joined, name: input }] : [];
    const result = await traced(context, 'stage', place, (own) => run(inputs, wanted, call, own));
    latency.record(place, context.clock.now() - startedAt, startedAt);
    return result;
  },
});

/** A branch goes by the name of what it asks, or its number. */
const branchName = (step: Step, index: number): string =>
  step.kind === 'target' && step.target.kind !== 'transform' ? step.target.name : String(index + 1);
