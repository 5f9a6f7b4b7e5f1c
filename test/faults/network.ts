/** Links that are slow, silent, or cut. */
import { startFaultMesh } from './fault-mesh.ts';
import { ms, percent, quantile, seconds, seeded } from './figures.ts';
import { type Ask, workFor } from './load.ts';
import type { FaultProxy } from './proxy.ts';
import { brief, type FaultPlan, type FaultRow, type Measured } from './row.ts';
import { attemptsPerCall, failedPart, failures, p99, runUnderFault } from './run.ts';

/** Keep-alive of 5 s, 3 s for its answer, and 1 s. */
const elsewhereMs = 9_000;
const noticedMs = 10_000;
const askFor = (workMs: number, timeoutMs: number): Ask => ({ model: 'ask-work', timeoutMs, inputs: workFor(workMs) });

/** Does something again and again until it is stopped. */
function repeat(everyMs: () => number, act: () => void): () => void {
  let timer: NodeJS.Timeout;
  const again = (): void => {
    act();
    timer = setTimeout(again, everyMs());
  };
  timer = setTimeout(again, everyMs());
  return () => clearTimeout(timer);
}

async function blackHole(plan: FaultPlan): Promise<Measured> {
  const lastsMs = Math.max(plan.duringMs, noticedMs + 2_000);
  await using mesh = await startFaultMesh({ replicas: { work: 1 }, linked: true, off: plan.off });
  const [link] = mesh.links as [FaultProxy];
  const run = await runUnderFault({
    plan: { ...plan, duringMs: lastsMs, afterMs: Math.max(plan.afterMs, 8_000) },
    mesh,
    next: () => askFor(5, 1_000),
    ratePerSecond: 40,
    inject: () => (link.state = 'black-hole'),
    heal: () => (link.state = 'up'),
  });
  const calls = run.between(run.faultAt, run.healedAt);
  const refused = calls.find(({ outcome, invokedAt, endedAt = 0 }) => outcome === 'fail' && endedAt - invokedAt < 100);
  const afterMs = (refused?.invokedAt ?? Number.POSITIVE_INFINITY) - run.faultAt;
  const longestMs = Math.max(...calls.map(({ invokedAt, endedAt = 0, timeoutMs }) => endedAt - invokedAt - timeoutMs));
  const lastBad = run.between(run.healedAt, run.endedAt).findLast(({ outcome }) => outcome !== 'ok');
  const backMs = (lastBad?.invokedAt ?? run.healedAt) - run.healedAt;
  return run.measured(afterMs <= noticedMs && longestMs <= 100, [
    `refused from ${seconds(afterMs)} on`,
    `no call ended more than ${ms(Math.max(0, longestMs))} after its deadline`,
    `all answered ${seconds(backMs)} after it was healed`,
  ]);
}

/** One of two processes or links stands still; calls time out there until that is noticed. */
const standsStill =
  (how: 'stopped' | 'black-hole') =>
  async (plan: FaultPlan): Promise<Measured> => {
    const duringMs = Math.min(30_000, Math.max(plan.duringMs, elsewhereMs + 3_000));
    await using mesh = await startFaultMesh({ linked: how === 'black-hole', off: plan.off });
    const pid = mesh.services[0]?.pid ?? 0;
    const [link] = mesh.links;
    const set = (still: boolean): void => {
      if (link) link.state = still ? 'black-hole' : 'up';
      else process.kill(pid, still ? 'SIGSTOP' : 'SIGCONT');
    };
    const run = await runUnderFault({
      plan: { ...brief(plan), duringMs },
      mesh,
      next: () => askFor(5, 1_000),
      ratePerSecond: 60,
      inject: () => set(true),
      heal: () => set(false),
      stopsProcesses: how === 'stopped',
    }).finally(() => set(false));
    const calls = run.between(run.faultAt, run.healedAt);
    const last = calls.findLast(({ outcome }) => outcome !== 'ok');
    const afterMs = (last?.endedAt ?? run.faultAt) - run.faultAt;
    return run.measured(afterMs <= elsewhereMs, [
      `the last failure ${seconds(afterMs)} after it began`,
      `${percent(failedPart(calls))} of ${calls.length} failed until then`,
      failures(calls),
    ]);
  };

/** An endpoint that answers, only later than its sibling. */
const grey =
  (roundTripMs: number) =>
  async (plan: FaultPlan): Promise<Measured> => {
    // An interval of ejection is 10 s, and the one in which the fault comes may be half good.
    const ejectedWithinMs = 20_000;
    await using mesh = await startFaultMesh({ linked: true, off: plan.off });
    const [link] = mesh.links as [FaultProxy];
    const run = await runUnderFault({
      plan: {
        ...plan,
        duringMs: Math.max(plan.duringMs, ejectedWithinMs + 5_000),
        afterMs: Math.min(plan.afterMs, 3_000),
      },
      mesh,
      next: () => askFor(20, 5_000),
      ratePerSecond: 25,
      inject: () => (link.roundTripMs = roundTripMs),
      heal: () => (link.roundTripMs = 0),
    });
    const base = quantile(run.between(run.loadedAt, run.faultAt).map(took), 0.9);
    const late = run.between(run.faultAt + ejectedWithinMs, run.healedAt);
    const slow = late.filter(({ endpoint }) => endpoint === `127.0.0.1:${link.port}`).length / late.length;
    const failed = failedPart(run.between(run.faultAt, run.healedAt));
    return run.measured(slow <= 0.02 && failed === 0, [
      `${percent(slow)} of ${late.length} calls went there after ${seconds(ejectedWithinMs)}`,
      `p90 ${ms(base)} before, ${ms(quantile(late.map(took), 0.9))} then`,
      `${percent(failed)} failed`,
    ]);
  };

const took = ({ invokedAt, endedAt = invokedAt }: { invokedAt: number; endedAt?: number }): number =>
  endedAt - invokedAt;

/** Connections of one link end with a reset in the middle of what the service says; half of the calls may not be asked twice. */
async function resets(plan: FaultPlan): Promise<Measured> {
  await using mesh = await startFaultMesh({ linked: true, off: plan.off });
  const [link] = mesh.links as [FaultProxy];
  const random = seeded(plan.seed + 1);
  const set = (): void => {
    link.resetAfterBytes = 4_000 + Math.floor(20_000 * random());
  };
  let stop = (): void => {};
  const run = await runUnderFault({
    plan,
    mesh,
    next: (chance) => ({ ...askFor(5, 2_000), ...(chance() < 0.5 ? {} : { model: 'ask-once', isPure: false }) }),
    ratePerSecond: 100,
    inject: () => {
      set();
      stop = repeat(() => 300, set);
    },
    heal: () => {
      stop();
      link.resetAfterBytes = Number.POSITIVE_INFINITY;
    },
  }).finally(() => stop());
  const calls = run.between(run.faultAt, run.healedAt);
  const pure = calls.filter(({ isPure }) => isPure);
  const once = calls.filter(({ isPure }) => !isPure);
  return run.measured(failedPart(pure) <= 0.001 && failedPart(run.between(run.healedAt + 2_000, run.endedAt)) === 0, [
    `${percent(failedPart(pure), 2)} of ${pure.length} pure calls failed`,
    `${percent(failedPart(once), 2)} of ${once.length} others, none of them run twice`,
    `${attemptsPerCall(calls).toFixed(3)} tries a call`,
  ]);
}

async function flapping(plan: FaultPlan): Promise<Measured> {
  const periodMs = 2_000;
  await using mesh = await startFaultMesh({ linked: true, off: plan.off });
  const [link] = mesh.links as [FaultProxy];
  const flap = (): void => {
    link.state = link.state === 'up' ? 'down' : 'up';
  };
  let stop = (): void => {};
  const run = await runUnderFault({
    plan: brief(plan),
    mesh,
    next: () => askFor(5, 2_000),
    ratePerSecond: 100,
    inject: () => {
      flap();
      stop = repeat(() => periodMs, flap);
    },
    heal: () => {
      stop();
      link.state = 'up';
    },
  }).finally(() => stop());
  const calls = run.between(run.faultAt, run.healedAt);
  const perSecond = mesh.transitions.length / ((run.endedAt - run.faultAt) / 1_000);
  return run.measured(failedPart(calls) <= 0.001 && attemptsPerCall(calls) <= 1.2 && perSecond <= 2, [
    `${percent(failedPart(calls), 2)} of ${calls.length} failed`,
    `${attemptsPerCall(calls).toFixed(3)} tries a call`,
    `${mesh.transitions.length} changes of breakers`,
  ]);
}

async function goAways(plan: FaultPlan): Promise<Measured> {
  await using mesh = await startFaultMesh({ linked: true, off: plan.off });
  let stop = (): void => {};
  let count = 0;
  const run = await runUnderFault({
    plan: brief(plan),
    mesh,
    next: () => askFor(5, 2_000),
    ratePerSecond: 100,
    inject: () => {
      stop = repeat(
        () => 700,
        () => {
          for (const link of [mesh.links[count++ % mesh.links.length] as FaultProxy]) link.goAway(300);
        },
      );
    },
    heal: () => stop(),
  }).finally(() => stop());
  const calls = run.between(run.faultAt, run.endedAt);
  return run.measured(failedPart(calls) === 0 && count > 0, [
    `${failures(calls)} of ${calls.length}`,
    `${count} times`,
    `${attemptsPerCall(calls).toFixed(3)} tries a call`,
    `p99 ${ms(p99(calls))}`,
  ]);
}

async function thin(plan: FaultPlan): Promise<Measured> {
  await using mesh = await startFaultMesh({ replicas: { work: 1 }, linked: true, off: plan.off });
  const [link] = mesh.links as [FaultProxy];
  const run = await runUnderFault({
    plan: brief(plan),
    mesh,
    next: () => askFor(5, 2_000),
    ratePerSecond: 30,
    inject: () => {
      link.bytesPerSecond = 64 * 1_024;
      link.sliceBytes = 16;
    },
    heal: () => {
      link.bytesPerSecond = Number.POSITIVE_INFINITY;
      link.sliceBytes = 1;
    },
  });
  const calls = run.between(run.faultAt, run.endedAt);
  return run.measured(failedPart(calls) === 0, [`${failures(calls)} of ${calls.length}`, `p99 ${ms(p99(calls))}`]);
}

export const networkRows: readonly FaultRow[] = [
  {
    name: 'black-hole',
    fault: 'a black hole between the gateway and the only replica',
    promise: 'noticed within 10 s, no call outlives its deadline by more than 100 ms',
    isShort: false,
    run: blackHole,
  },
  {
    name: 'black-hole-one-of-two',
    fault: 'a black hole between the gateway and one of two replicas',
    promise: 'calls go elsewhere within 9 s: keep-alive and 1 s',
    isShort: false,
    run: standsStill('black-hole'),
  },
  {
    name: 'stop-one-of-two',
    fault: 'SIGSTOP of one of two replicas, up to 30 s',
    promise: 'calls go elsewhere within 9 s: keep-alive and 1 s',
    isShort: false,
    run: standsStill('stopped'),
  },
  {
    name: 'grey-100-ms',
    fault: '+100 ms on the link to one of two replicas',
    promise: 'ejected within 20 s: at most 2 % of the calls go there then',
    isShort: false,
    policy: 'ejection',
    run: grey(100),
  },
  {
    name: 'grey-1-s',
    fault: '+1 s on the link to one of two replicas',
    promise: 'left out within 20 s: at most 2 % of the calls go there then',
    isShort: false,
    run: grey(1_000),
  },
  {
    name: 'reset-mid-response',
    fault: 'connections to one of two replicas are reset in the middle of what it says',
    promise: 'at most 0.1 % of the pure calls fail; no other is run twice',
    isShort: true,
    run: resets,
  },
  {
    name: 'flapping',
    fault: 'the link to one of two replicas is up and down for 2 s each',
    promise: 'at most 0.1 % fail, at most 1.2 tries a call, breakers change at most twice a second',
    isShort: false,
    run: flapping,
  },
  {
    name: 'go-away',
    fault: 'GOAWAY on one link after the other, each cut 300 ms later',
    promise: 'none fails',
    isShort: true,
    run: goAways,
  },
  {
    name: 'thin-link',
    fault: '64 KiB/s in slices of 16 bytes, then slices of one byte',
    promise: 'none fails',
    isShort: false,
    run: thin,
  },
];
