/** Wall clocks that step. */
import { setTimeout } from 'node:timers/promises';
import { InferError } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { startFaultMesh, workFiles } from './fault-mesh.ts';
import { ms } from './figures.ts';
import { type Ask, workFor } from './load.ts';
import type { BreakerTransition } from './record.ts';
import { brief, type FaultPlan, type FaultRow, type Measured } from './row.ts';
import { failures, runUnderFault } from './run.ts';
import { askStub, openStub } from './stub.ts';

const preload = new URL('./shifted-clock.ts', import.meta.url).href;
/** A call of the sick model comes so often or more, and its breaker lets one through at most so late. */
const sickRateMin = 10;
const lateMaxMs = 1_500;
const deadlineMs = 300;

const askWork = (workMs: number, timeoutMs: number): Ask => ({ model: 'ask-work', timeoutMs, inputs: workFor(workMs) });

/** Of each opening that ended: how much later than it said. */
const latenesses = (transitions: readonly BreakerTransition[]): number[] =>
  transitions.flatMap((transition, index) => {
    const before = transitions[index - 1];
    return before && transition.to === 'half-open' ? [transition.at - before.at - before.delayMs] : [];
  });

/** Calls are answered, those that are late end at their deadline, and the breaker of a model that always fails opens for as long as it says. */
const stepped =
  (whose: 'gateway' | 'service') =>
  async (plan: FaultPlan): Promise<Measured> => {
    await using sick = await openStub(() => {
      throw new InferError('DATA_LOSS', 'it is sick');
    });
    await using mesh = await startFaultMesh({
      files: { ...workFiles, 'models/double': sampleModels.scale(2) },
      services: 'work: { transforms: [work, once], trusted: true }, double: { models: [double] }',
      stubs: { double: [sick.port] },
      nodeOptions: `--import=${preload}`,
      off: plan.off,
    });
    const pids = whose === 'gateway' ? [mesh.gateway.pid] : mesh.services.map(({ pid }) => pid);
    const step = (): void => {
      for (const pid of pids) process.kill(pid, 'SIGUSR2');
    };
    const run = await runUnderFault({
      plan: { ...brief(plan), duringMs: plan.duringMs / 2 },
      mesh,
      next: (random) => {
        const chance = random();
        if (chance < 0.4) return askStub(2_000);
        return chance < 0.45 ? askWork(2 * deadlineMs, deadlineMs) : askWork(5, 5_000);
      },
      ratePerSecond: 3 * sickRateMin,
      inject: async () => {
        step();
        await setTimeout(plan.duringMs / 2);
        step();
      },
    });
    const calls = run.between(run.faultAt, run.endedAt);
    const work = calls.filter(({ timeoutMs }) => timeoutMs === 5_000);
    const late = calls.filter(({ timeoutMs }) => timeoutMs === deadlineMs);
    const early = late.filter(({ invokedAt, endedAt = 0, outcome, reason }) => {
      const isRefusal = ['DEADLINE_TOO_SHORT', 'OVERLOADED', 'OVERLOADED_ALL'].includes(reason);
      return outcome === 'ok' || (!isRefusal && endedAt - invokedAt < deadlineMs - 20);
    });
    const openings = latenesses(mesh.transitions);
    const worstMs = Math.max(0, ...openings);
    const answered = work.every(({ outcome }) => outcome === 'ok');
    return run.measured(answered && early.length === 0 && openings.length > 0 && worstMs <= lateMaxMs, [
      `${failures(work)} of ${work.length}`,
      `${early.length} of ${late.length} ended before their deadline`,
      `${openings.length} openings, at most ${ms(worstMs)} longer than said`,
    ]);
  };

const promise = 'no call fails, deadlines and breakers keep their times';

export const clockRows: readonly FaultRow[] = [
  {
    name: 'clock-of-the-gateway',
    fault: 'the wall clock of the gateway a day ahead, then a day behind',
    promise,
    isShort: false,
    run: stepped('gateway'),
  },
  {
    name: 'clock-of-a-service',
    fault: 'the wall clock of a service a day ahead, then a day behind',
    promise,
    isShort: false,
    run: stepped('service'),
  },
];
