import type { CheckedStep, Reference } from '../language/spec.ts';
import { kindOf } from '../stages/index.ts';
import type { StepCompiler } from '../stages/stage-kind.ts';
import { until } from './cancel.ts';
import type { LatencyOf } from './stage-times.ts';
import type { RunStep } from './step.ts';
import type { Targets } from './targets.ts';
import { gather } from './wires.ts';

/** Compiles a step and all inside it, once. `where` is how versions, latencies and errors name it: `read.cnn`. */
export function compileStep(checked: CheckedStep, where: string, targets: Targets, latencyOf: LatencyOf): RunStep {
  const compiler: StepCompiler = {
    targets,
    latencyOf,
    inner(step, place) {
      const run = compileStep(step, place, targets, latencyOf);
      const { inputs: own } = step.step;
      return own ? withOwnInputs(own, run) : run;
    },
  };
  const run = kindOf(checked).compile(checked, where, compiler);
  const { timeoutMs } = checked.step;
  if (timeoutMs === undefined) return run;
  return (inputs, wanted, call, context) =>
    until(Math.min(context.deadline, context.clock.now() + timeoutMs), where, context, (inner) =>
      run(inputs, wanted, call, inner),
    );
}

const withOwnInputs =
  (own: ReadonlyMap<string, Reference>, run: RunStep): RunStep =>
  async (_given, wanted, call, context) =>
    run(gather(own, call), wanted, call, context);
