/** Soaks a whole mesh, and counts what its callers see. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { type MetricName, metrics } from '@sheaf/telemetry';
import { limits as http2Limits } from '../../../libs/http2/src/limits.ts';
import { createRandom } from '../../fuzz/random-message.ts';
import { Caller as StockCaller } from '../../support/caller.ts';
import { readSamples, type Samples, scrape } from '../../support/scrape.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from './call.ts';
import { createGate, type Gate } from './gate.ts';
import { judge } from './judge.ts';
import { createLedger, type Ledger, type LedgerRow } from './ledger.ts';
import { type AtRest, calm, faults, type SoakedMesh, shaken, slow, startSoakedMesh } from './mesh.ts';
import type { Life, ModelCounts, SoakRecord } from './record.ts';
import { isAtRest } from './rest-laws.ts';
import { type Caller, createCallers } from './work.ts';

export interface SoakOptions {
  /** Calls are made at least for so long, and at least until each fault was once. */
  readonly seconds: number;
  /** Between the end of a fault and the next. */
  readonly quietMs: number;
  readonly onEvent?: (line: string) => void;
}

export interface Soaked {
  readonly record: SoakRecord;
  /** What does not add up, a sentence each. */
  readonly wrong: readonly string[];
}

const readEveryMs = 500;
const resetRestMs = 2_000 / http2Limits.resets.perSecond;
/** Runs that were left end after their limit at the latest. */
const restMaxMs = 60_000;

export async function soakMesh({ seconds, quietMs, onEvent = () => {} }: SoakOptions): Promise<Soaked> {
  const soaked = await startSoakedMesh();
  await using _ = soaked.mesh;
  const ledger = createLedger();
  const lives = createLives();
  const gate = createGate();
  const load = startLoad(soaked, ledger, gate);
  const readings = startReadings(soaked.metricsPort, lives, gate);
  /** What each gateway that runs no more has told last. */
  const ended: string[] = [];
  const atRest: AtRest = (work) =>
    gate.closed(async () => {
      ended.push(countedBy('gateway', await scrapeAtRest(soaked.metricsPort)));
      await work();
    });
  try {
    const onFault = (line: string): void => onEvent(`${line}; ${callsSoFar(ledger)} calls`);
    await doFaults(soaked, { seconds, quietMs, onEvent: onFault, atRest });
  } finally {
    await load.stop();
    await readings.stop();
  }
  const last = await scrapeAtRest(soaked.metricsPort);
  lives.read(last);
  const samples = readSamples([last.text, ...ended].join('\n'));
  const statistics = await readStatistics(soaked);
  const counted = { samples, last, statistics, lives: lives.all() };
  const record = { ledger: [...ledger.rows], gatewaysEnded: ended.length, ...counted };
  return { record, wrong: judge(record) };
}

/** What the mesh tells when it has come to rest, or has not for long. */
async function scrapeAtRest(port: number): Promise<Samples> {
  let samples = await scrape(port);
  await waitFor(
    async () => {
      samples = await scrape(port);
      return isAtRest(samples);
    },
    () => 'the mesh does not come to rest',
    restMaxMs,
  ).catch(() => {});
  return samples;
}

/** The lines of what only grows, and ends with its process. */
const countedBy = (service: string, { text }: Samples): string =>
  text
    .split('\n')
    .filter((line) => {
      const [name = ''] = /^\w+/.exec(line) ?? [];
      const metric = metrics[name as MetricName] ?? metrics[name.replace(/_(bucket|sum|count)$/, '') as MetricName];
      return metric !== undefined && metric.kind !== 'gauge' && line.includes(`service="${service}"`);
    })
    .join('\n');

async function doFaults(
  { mesh }: SoakedMesh,
  { seconds, quietMs, onEvent, atRest }: Required<SoakOptions> & { readonly atRest: AtRest },
): Promise<void> {
  const endAt = performance.now() + seconds * 1_000;
  for (let round = 0; round < faults.length || performance.now() < endAt; round++) {
    await delay(quietMs);
    const fault = faults[round % faults.length];
    await fault?.run(mesh, round, atRest);
    onEvent(fault?.name ?? '');
  }
  await delay(quietMs);
}

const callsSoFar = ({ rows }: Ledger): number =>
  [...rows].reduce((total: number, { calls }: LedgerRow) => total + calls, 0);

/** Each caller has a connection of its own, and rests as long as its call took: about half of what the mesh could do. */
function startLoad({ mesh, keys }: SoakedMesh, ledger: Ledger, gate: Gate): { stop(): Promise<void> } {
  let isGoing = true;
  const lane = async (caller: Caller, seed: number): Promise<void> => {
    const random = createRandom(seed);
    const open = (): ClientHttp2Session =>
      connect(`http://127.0.0.1:${mesh.running.gateway.port}`).on('error', () => {});
    let session = open();
    while (isGoing) {
      const begunAt = performance.now();
      const work = caller(random);
      await gate.turn(async () => {
        // Its gateway has been replaced while no call was under way.
        if (session.destroyed) session = open();
        ledger.add(work.counted, await call(session, work));
      });
      // A server bears only so many resets of a connection.
      const restMinMs = work.leaveAfterMs === undefined ? 10 : resetRestMs;
      await delay(Math.max(restMinMs, performance.now() - begunAt));
    }
    session.close();
  };
  const lanes = [...createCallers(keys).values()].map((caller, index) => lane(caller, index + 1));
  return {
    stop: async () => {
      isGoing = false;
      await Promise.all(lanes);
    },
  };
}

interface Lives {
  read(samples: Samples): void;
  all(): readonly Life[];
}

function createLives(): Lives {
  const known = new Map<string, Life>();
  const places = [calm, slow, shaken].flatMap((one) =>
    Array.from({ length: 'replicas' in one ? one.replicas : 1 }, (_, index) => ({
      service: one.service,
      replica: index + 1,
    })),
  );
  const read = (samples: Samples): void => {
    for (const { service, replica } of places) {
      const labels = { service, replica: String(replica) };
      const startedAt = samples.sum('process_start_time_seconds', labels);
      // It does not run now.
      if (startedAt === 0) continue;
      const key = `${service} ${startedAt}`;
      const before = known.get(key);
      const answered = samples.sum('nv_inference_request_success', labels);
      const notAnswered = samples.sum('nv_inference_request_failure', labels);
      const isMonotone =
        !before || (before.isMonotone && answered >= before.answered && notAnswered >= before.notAnswered);
      known.set(key, { service, replica, startedAt, answered, notAnswered, isMonotone });
    }
  };
  return { read, all: () => [...known.values()] };
}

function startReadings(metricsPort: number, lives: Lives, gate: Gate): { stop(): Promise<void> } {
  let isGoing = true;
  const reading = async (): Promise<void> => {
    while (isGoing) {
      await gate.turn(async () => lives.read(await scrape(metricsPort)));
      await delay(readEveryMs);
    }
  };
  const done = reading();
  // Whoever stops it hears of what went wrong.
  done.catch(() => {});
  return {
    stop: async () => {
      isGoing = false;
      await done;
    },
  };
}

async function readStatistics({ mesh, keys }: SoakedMesh): Promise<readonly ModelCounts[]> {
  using caller = new StockCaller(mesh.running.gateway.port, { 'x-api-key': keys.acme });
  const { replies } = await caller.call('/inference.GRPCInferenceService/ModelStatistics');
  const [reply] = replies as unknown as { readonly model_stats: readonly RawStatistics[] }[];
  return (reply?.model_stats ?? []).map(({ name, inference_count, execution_count, inference_stats }) => ({
    name,
    inferences: Number(inference_count),
    executions: Number(execution_count),
    success: Number(inference_stats?.success?.count ?? 0),
    fail: Number(inference_stats?.fail?.count ?? 0),
    successNs: Number(inference_stats?.success?.ns ?? 0),
  }));
}

interface RawStatistics {
  readonly name: string;
  readonly inference_count: string;
  readonly execution_count: string;
  readonly inference_stats?: Readonly<
    Record<'success' | 'fail', { readonly count: string; readonly ns: string } | null>
  >;
}
