/** Load on a server, in a closed loop: so many calls are always in flight. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { defaultLimits, type Tensor } from '@sheaf/inference';
import { ask, createRemote, type Transport } from '@sheaf/transport';
import protobuf from 'protobufjs';

const run = promisify(execFile);

export interface Measured {
  readonly rowsPerSecond: number;
  /** Of a call: half of them, and 99 of 100, took at most so much. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the processes under load, per 1,000 calls; undefined where the machine does not tell. */
  readonly cpuSecondsPer1000: number | undefined;
}

export interface Load {
  readonly port: number;
  /** The secret that the server wants, where it is a service's. */
  readonly secret: string | undefined;
  readonly model: string;
  /** Each call's input; its first dimension counts the rows. */
  readonly input: Tensor;
  readonly inFlight: number;
  readonly seconds: number;
  /** Processes whose CPU time is counted. */
  readonly pids: readonly number[];
}

const hasH2load = await run('h2load', ['--version']).then(
  () => true,
  () => false,
);
export const nativeClient = hasH2load ? 'h2load' : undefined;

/** Ticks of 10 ms, as Linux tells them. */
export function cpuSeconds(pids: readonly number[]): number | undefined {
  try {
    return pids.reduce((total, pid) => {
      const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) /);
      const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
      return total + (user + system) / 100;
    }, 0);
  } catch {
    return undefined;
  }
}

async function measured(
  { pids, input }: Load,
  load: () => Promise<{ times: number[]; seconds: number }>,
): Promise<Measured> {
  const before = cpuSeconds(pids);
  const { times, seconds } = await load();
  const after = cpuSeconds(pids);
  const cpuSecondsPer1000 =
    before === undefined || after === undefined ? undefined : (1000 * (after - before)) / times.length;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  const rows = times.length * (input.shape[0] ?? 1);
  return { rowsPerSecond: rows / seconds, p50Ms: at(0.5), p99Ms: at(0.99), cpuSecondsPer1000 };
}

/** By our own client, on the mesh stream or by a gRPC call each; its own CPU is that of this process. */
export function ownLoad(transport: Transport, load: Load): Promise<Measured> {
  const { port, secret, model, input, inFlight, seconds } = load;
  return measured(load, async () => {
    const gateway = createRemote(`127.0.0.1:${port}`, { service: model, limits: defaultLimits, transport, secret });
    const startedAt = performance.now();
    const until = startedAt + seconds * 1000;
    const times: number[] = [];
    const loop = async (): Promise<void> => {
      while (performance.now() < until) times.push((await ask(gateway, model, [input])).elapsedMs);
    };
    await Promise.all(Array.from({ length: inFlight }, loop));
    gateway.close();
    return { times, seconds: (performance.now() - startedAt) / 1000 };
  });
}

/** By h2load, on up to four connections. Every answer has to be at least as long as `answerBytes`. */
export function nativeLoad(folder: string, load: Load, answerBytes: number): Promise<Measured> {
  const { port, secret, model, input, inFlight, seconds } = load;
  return measured(load, async () => {
    const body = `${folder}/request.bin`;
    const log = `${folder}/times.log`;
    await writeFile(body, requestFrame(model, input));
    await rm(log, { force: true });
    const connections = Math.min(4, inFlight);
    const { stdout } = await run('h2load', [
      ...['-D', `${seconds}`, '--warm-up-time', '0', '-c', `${connections}`, '-m', `${inFlight / connections}`],
      ...[
        '-d',
        body,
        '-H',
        'content-type: application/grpc',
        '-H',
        'te: trailers',
        '-H',
        `authorization: Bearer ${secret}`,
        `--log-file=${log}`,
      ],
      `http://127.0.0.1:${port}/inference.GRPCInferenceService/ModelInfer`,
    ]);
    const calls = Number(/, (\d+) succeeded/.exec(stdout)?.[1]);
    const bytes = Number(/\((\d+)\) data/.exec(stdout)?.[1]);
    if (!(calls > 0 && bytes >= calls * answerBytes))
      throw new Error(`h2load: not every call was answered:\n${stdout}`);
    // Its lines: when the call began, the HTTP status, and the microseconds that it took.
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    return { times: lines.map((line) => Number(line.split('\t')[2]) / 1000), seconds };
  });
}

/** A gRPC message, as h2load sends it. */
export function requestFrame(model: string, { name, datatype, shape, data }: Tensor): Buffer {
  const writer = protobuf.Writer.create().uint32(0x0a).string(model);
  writer.uint32(0x2a).fork().uint32(0x0a).string(name).uint32(0x12).string(datatype).uint32(0x1a).fork();
  for (const dim of shape) writer.uint32(dim);
  const message = writer.ldelim().ldelim().uint32(0x3a).bytes(data).finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
