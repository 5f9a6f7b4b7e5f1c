/** Copies of calls for versions in shadow: made when the caller has its answer, bounded, and held against that answer. */
import {
  asInferError,
  CallCanceller,
  type CallContext,
  type Clock,
  type Infer,
  type InferRequest,
  Journal,
  knownPrincipal,
  log,
  trustedCaller,
} from '@sheaf/inference';
import { type Comparison, compareOutcomes, type Outcome, ruleOf } from '../compare.ts';
import { entryOf, noShadow, type ShadowEvidence } from '../evidence.ts';
import { exampleTensors, isAmongWorst, worstOf } from '../examples.ts';
import { countDifference, countMs } from '../histogram.ts';
import type { ShadowTraffic, Traffic } from '../traffic.ts';

/** A call that has ended. */
export interface EndedCopyable {
  readonly request: InferRequest;
  readonly context: CallContext;
  readonly outcome: Outcome;
  readonly ms: number;
}

/** What became of a copy that was wanted. */
export type CopyResult = 'agreed' | 'differed' | 'failed' | 'skipped';

export interface CopiesPorts {
  /** Asks a version, within the revision of the context. */
  readonly infer: Infer;
  readonly clock: Clock;
  /** Whether callers need all that there is of what answers a name, or of what a copy for this version would ask: nothing is copied then. */
  readonly isBusy: (name: string, version: string) => boolean;
  /** Milliseconds that a copy may take. */
  readonly deadlineMs: () => number;
  /** Told of each. */
  readonly onCopy?: (told: CopyTold) => void;
  /** 0 up to 1. */
  readonly random?: () => number;
  /** Runs a task when the caller's answer is on its way. */
  readonly later?: (task: () => void) => void;
  /** Milliseconds since 1970. */
  readonly wallNow?: () => number;
}

export interface CopyTold {
  readonly name: string;
  readonly version: string;
  readonly result: CopyResult;
  /** Undefined of one that was skipped. */
  readonly ms?: number;
  /** Undefined of one that was skipped. */
  readonly comparison?: Comparison;
}

export interface Copies {
  /** Copies the call for the shadows that are to have it. Never throws, and takes nothing of the call's time. */
  offer(call: EndedCopyable, traffic: Traffic): void;
}

/** What the inputs of all copies that are under way refer to, in bytes. */
const bytesMax = 64 * 1024 * 1024;

export function createCopies(ports: CopiesPorts): Copies {
  const { isBusy, random = Math.random, later = setImmediate, onCopy = () => {} } = ports;
  const underWay = new Map<string, number>();
  let bytesUnderWay = 0;
  const begin = (key: string, bytes: number): (() => void) => {
    underWay.set(key, (underWay.get(key) ?? 0) + 1);
    bytesUnderWay += bytes;
    return () => {
      const left = (underWay.get(key) ?? 1) - 1;
      if (left === 0) underWay.delete(key);
      else underWay.set(key, left);
      bytesUnderWay -= bytes;
    };
  };
  const offerTo = (call: EndedCopyable, shadow: ShadowTraffic, evidence: ShadowEvidence): void => {
    const name = call.request.model;
    const key = `${name}/${shadow.version}`;
    const bytes = call.request.inputs.reduce((sum, { data }) => sum + data.byteLength, 0);
    const isFull = (underWay.get(key) ?? 0) >= shadow.callsInFlightMax || bytesUnderWay + bytes > bytesMax;
    if (isFull || isBusy(name, shadow.version)) {
      evidence.skipped++;
      onCopy({ name, version: shadow.version, result: 'skipped' });
      return;
    }
    const end = begin(key, bytes);
    later(
      () =>
        void run(call, shadow, evidence, ports)
          // What goes wrong with a copy is nobody's call, and ends no process.
          .catch((error: unknown) => log('shadow.failed', `${key}: a copy could not be compared`, {}, error))
          .finally(end),
    );
  };
  return {
    offer: (call, traffic) => {
      for (const shadow of traffic.shadows) {
        if (!isComparable(call, traffic, shadow) || random() * 100 >= shadow.percent) continue;
        const evidence = entryOf(traffic.evidence.shadows, shadow.version, noShadow);
        if (evidence) offerTo(call, shadow, evidence);
      }
    },
  };
}

/** Answered by the version that the shadow is held against, or refused by a rule of it. */
function isComparable({ request, outcome }: EndedCopyable, { champion }: Traffic, { version }: ShadowTraffic): boolean {
  const answered = 'response' in outcome ? outcome.response.version : request.version;
  if (answered === version || (champion !== '' && answered !== champion)) return false;
  return 'response' in outcome || ruleOf(outcome.error) !== undefined;
}

async function run(
  call: EndedCopyable,
  shadow: ShadowTraffic,
  evidence: ShadowEvidence,
  ports: CopiesPorts,
): Promise<void> {
  const { infer, clock, onCopy = () => {}, wallNow = Date.now } = ports;
  const name = call.request.model;
  const beganAt = clock.now();
  const outcome: Outcome = await infer(
    { ...call.request, version: shadow.version },
    copyContext(call.context, ports),
  ).then(
    (response) => ({ response }),
    (error: unknown) => ({ error: asInferError(error) }),
  );
  const ms = clock.now() - beganAt;
  const refused = 'error' in outcome ? outcome.error : undefined;
  // Whoever had no room for it says nothing of the version.
  if (refused?.isOverload) {
    evidence.skipped++;
    onCopy({ name, version: shadow.version, result: 'skipped' });
    return;
  }
  const comparison = compareOutcomes(call.outcome, outcome, shadow);
  count(evidence, comparison);
  countMs(evidence.latency, ms);
  countMs(evidence.championLatency, call.ms);
  if (shadow.keepExamples && !comparison.agrees) keepExample(evidence, comparison, call, outcome, wallNow());
  const result = comparison.isFailed ? 'failed' : comparison.agrees ? 'agreed' : 'differed';
  onCopy({ name, version: shadow.version, result, ms, comparison });
}

/** Of its own time, and of nobody's calls: it ends when it ends, gives way to all others, and is in no journal of the caller. */
function copyContext(context: CallContext, { clock, deadlineMs }: CopiesPorts): CallContext {
  const journal = new Journal();
  const principal = knownPrincipal(context.principal);
  return {
    deadline: clock.now() + deadlineMs(),
    signal: new CallCanceller(),
    clock,
    snapshot: context.snapshot,
    journal,
    span: journal.start('request', 'shadow', undefined, {}, () => false),
    ...(context.metadata && { metadata: context.metadata }),
    // Rules may ask whose the call is; for what a copy does nobody else is to blame.
    principal: principal ? { ...principal, id: 'shadow' } : trustedCaller,
    priority: 'sheddable',
  };
}

function count(evidence: ShadowEvidence, { agrees, isFailed, rules, outputs }: Comparison): void {
  evidence.compared++;
  if (agrees) evidence.agreed++;
  if (isFailed) evidence.failed++;
  if (rules.length > 0) evidence.rulesChanged++;
  for (const rule of rules) {
    const known = entryOf(evidence.rules, rule, () => 0);
    if (known !== undefined) evidence.rules[rule] = known + 1;
  }
  for (const output of outputs) {
    const own = entryOf(evidence.outputs, output.name, () => ({ compared: 0, agreed: 0, differences: [] }));
    if (!own) continue;
    own.compared++;
    if (output.agrees) own.agreed++;
    if (output.difference !== undefined) countDifference(own.differences, output.difference);
  }
}

function keepExample(
  evidence: ShadowEvidence,
  { score, why }: Comparison,
  { request, context, outcome }: EndedCopyable,
  shadow: Outcome,
  atMs: number,
): void {
  if (!isAmongWorst(evidence.examples, score)) return;
  const told = (one: Outcome) => ('response' in one ? exampleTensors(one.response.outputs) : []);
  const inputs = exampleTensors(request.inputs);
  const trace = context.span.traceId;
  evidence.examples = worstOf([
    ...evidence.examples,
    { score, atMs, trace, why, inputs, champion: told(outcome), shadow: told(shadow) },
  ]);
}
