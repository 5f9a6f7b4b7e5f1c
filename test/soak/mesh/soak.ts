/** Soaks a whole mesh, and counts what its callers see. */
import { connect } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { limits as http2Limits } from '../../../libs/http2/src/limits.ts';
import { createRandom } from '../../fuzz/random-message.ts';
import { Caller as StockCaller } from '../../support/caller.ts';
import { type Samples, scrape } from '../../support/scrape.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from './call.ts';
import { judge } from './judge.ts';
import { createLedger, type Ledger, type LedgerRow } from './ledger.ts';
import { calm, faults, type SoakedMesh, shaken, slow, startSoakedMesh } from './mesh.ts';
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
  const load = startLoad(soaked, ledger);
  const readings = startReadings(soaked.metricsPort, lives);
  try {
    await doFaults(soaked, { seconds, quietMs, onEvent: (line) => onEvent(`${line}; ${callsSoFar(ledger)} calls`) });
  } finally {
    await load.stop();
    await readings.stop();
  }
  let samples = await scrape(soaked.metricsPort);
  await waitFor(
    async () => {
      samples = await scrape(soaked.metricsPort);
      return isAtRest(samples);
    },
    () => 'the mesh does not come to rest',
    restMaxMs,
  ).catch(() => {});
  lives.read(samples);
  const statistics = await readStatistics(soaked);
  const record = { ledger: [...ledger.rows], samples, statistics, lives: lives.all() };
  return { record, wrong: judge(record) };
}

async function doFaults({ mesh }: SoakedMesh, { seconds, quietMs, onEvent }: Required<SoakOptions>): Promise<void> {
  const endAt = performance.now() + seconds * 1_000;
  for (let round = 0; round < faults.length || performance.now() < endAt; round++) {
    await delay(quietMs);
    const fault = faults[round % faults.length];
    await fault?.run(mesh, round);
    onEvent(fault?.name ?? '');
  }
  await delay(quietMs);
}

const callsSoFar = ({ rows }: Ledger): number =>
  [...rows].reduce((total: number, { calls }: LedgerRow) => total + calls, 0);

/** Each caller has a connection of its own, and rests as long as its call took: about half of what the mesh could do. */
function startLoad({ mesh, keys }: SoakedMesh, ledger: Ledger): { stop(): Promise<void> } {
  let isGoing = true;
  const lane = async (caller: Caller, seed: number): Promise<void> => {
    const random = createRandom(seed);
    const session = connect(`http://127.0.0.1:${mesh.running.gateway.port}`);
    session.on('error', () => {});
    while (isGoing) {
      const begunAt = performance.now();
      const work = caller(random);
      ledger.add(work.counted, await call(session, work));
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

function startReadings(metricsPort: number, lives: Lives): { stop(): Promise<void> } {
  let isGoing = true;
  const reading = async (): Promise<void> => {
    while (isGoing) {
      lives.read(await scrape(metricsPort));
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
