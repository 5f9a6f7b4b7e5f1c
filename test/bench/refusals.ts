/** What a refusal takes of the gateway's CPU, at a real server, beside an admitted call. */
import { rm } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { startMesh } from '@sheaf/supervisor';
import { writeFolder } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';
import { cpuSeconds, requestFrame } from './load.ts';
import { perceptron } from './models.ts';

/** The kinds take turns, so that what else the machine does meets all alike. */
const rounds = 10;
const callsPerRound = 2_000;
const inFlight = 16;
const input = tensorOf('x', 'FP32', [1, 64], new Float32Array(64));

const files = {
  'models/small': perceptron(64, 128, 10),
  'models/spent': perceptron(64, 128, 10),
  'policies.yaml': [
    // What is measured is the refusal, not that there are too many.
    'identity: { anonymous: { tenant: bench }, throttle: false }',
    'limits:',
    '  - { name: wide, rate: 1000000/s, burst: 1000000, models: [small] }',
    '  - { name: hourly, rate: 1/h, models: [spent] }',
    '',
  ].join('\n'),
};

interface Kind {
  readonly what: string;
  readonly method?: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What each call has to end with. */
  readonly status: string;
}

const kinds: readonly Kind[] = [
  { what: 'admitted', model: 'small', headers: {}, status: '0' },
  {
    what: 'ServerLive: what a call takes that does nothing',
    method: 'ServerLive',
    model: '',
    headers: {},
    status: '0',
  },
  { what: 'refused by a limit', model: 'spent', headers: {}, status: '8' },
  { what: 'refused by identity', model: 'small', headers: { 'x-api-key': 'sheaf_nobody' }, status: '16' },
];

export interface RefusalCost {
  readonly what: string;
  readonly usPerCall: number;
}

/** The first is the admitted call. */
export async function measureRefusals(): Promise<RefusalCost[]> {
  const folder = await writeFolder(files);
  const { mesh, problems } = await readMesh(folder);
  if (!mesh) throw new Error(problems.map(formatProblem).join('\n'));
  const running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} });
  const session = connect(`http://127.0.0.1:${running.gateway.port}`);
  try {
    // The one call an hour.
    await call(session, 'ModelInfer', requestFrame('spent', input), {});
    for (let round = 0; round < rounds; round++) for (const kind of kinds) await run(session, kind);
    const spent = new Map(kinds.map((kind) => [kind, 0]));
    for (let round = 0; round < rounds; round++)
      for (const kind of kinds) {
        const before = cpuSeconds([running.gateway.pid]) ?? Number.NaN;
        await run(session, kind);
        const after = cpuSeconds([running.gateway.pid]) ?? Number.NaN;
        spent.set(kind, (spent.get(kind) ?? 0) + after - before);
      }
    return [...spent].map(([{ what }, seconds]) => ({ what, usPerCall: (seconds * 1e6) / (rounds * callsPerRound) }));
  } finally {
    session.close();
    await running.stop();
    await rm(folder, { recursive: true });
  }
}

async function run(
  session: ClientHttp2Session,
  { what, method = 'ModelInfer', model, headers, status }: Kind,
): Promise<void> {
  const body = method === 'ModelInfer' ? requestFrame(model, input) : Buffer.alloc(5);
  const loop = async (): Promise<void> => {
    for (let n = 0; n < callsPerRound / inFlight; n++) {
      const got = await call(session, method, body, headers);
      if (got !== status) throw new Error(`${what}: want grpc-status ${status}, got ${got}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
}

/** A call on the bare protocol; answers its grpc-status. */
function call(
  session: ClientHttp2Session,
  method: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `/inference.GRPCInferenceService/${method}`;
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let status = '';
    // A refusal is told in the headers that come first.
    for (const event of ['response', 'trailers'] as const)
      stream.on(event, (told: Record<string, unknown>) => {
        status = String(told['grpc-status'] ?? status);
      });
    stream.on('error', reject);
    stream.on('close', () => resolve(status));
    stream.resume();
    stream.end(body);
  });
}
