/** Callers that leave: ten thousand each by the mesh's own Cancel, by gRPC on one channel, and by cutting the connection. */
import { defaultLimits, type Load, tensorOf } from '@sheaf/inference';
import { createRemote, type Remote } from '@sheaf/transport';
import protobuf from 'protobufjs';
import { ask } from '../support/mesh-folder.ts';
import { testBearer, testSecret } from '../support/mesh-secret.ts';
import { endHeaders, endStream, frame, headerBlock, inferHeaders } from '../support/raw-http2.ts';
import { RawPeer } from './frames.ts';
import type { FaultRow } from './row.ts';
import { isRight, openFiles, openTargets, residentMiB, sleep, type Target, type Targets } from './target.ts';

/** Long enough to be left: some milliseconds. */
const iterations = 2n ** 14n;
const count = tensorOf('x', 'INT64', [], BigInt64Array.of(iterations));

/** Calls and leaves `calls` times, so many at once. */
export async function leaveCalls(remote: Remote, calls: number, atOnce = 50): Promise<void> {
  let left = calls;
  const one = async (): Promise<void> => {
    const controller = new AbortController();
    const answer = ask(remote, 'slow', [count], { signal: controller.signal }).catch(() => {});
    // Some leave before anything was sent, some while it is under way, some after the answer.
    await sleep(left % 4);
    controller.abort();
    await answer;
  };
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left--;
      await one();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

function slowCall(): Buffer {
  const writer = protobuf.Writer.create().uint32(0x0a).string('slow');
  writer.uint32(0x2a).fork().uint32(0x0a).string('x').uint32(0x12).string('INT64').ldelim();
  const raw = Buffer.from(BigInt64Array.of(iterations).buffer);
  const message = Buffer.from(writer.uint32(0x3a).bytes(raw).finish());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([
    frame('headers', endHeaders, 1, headerBlock([...inferHeaders(), testBearer])),
    frame('data', endStream, 1, Buffer.concat([head, message])),
  ]);
}

/** Connects, calls, and cuts the connection, `times` times. */
export async function cutConnections({ address }: Target, times: number, atOnce = 50): Promise<void> {
  const bytes = slowCall();
  for (let done = 0; done < times; done += atOnce)
    await Promise.all(
      Array.from({ length: atOnce }, async (_, index) => {
        using peer = await RawPeer.open(address);
        await peer.write(bytes);
        await sleep(index % 4);
      }),
    );
}

/** How busy the service says that it is when nobody calls any more; undefined when that does not come to nothing within 10 s. */
export async function restOf(target: Target): Promise<Load | undefined> {
  const loads: Load[] = [];
  // On the mesh stream, where each answer tells it.
  const remote = createRemote(`127.0.0.1:${target.address.port}`, {
    service: target.name,
    limits: defaultLimits,
    transport: 'stream',
    secret: testSecret,
    onLoad: (load) => loads.push(load),
  });
  try {
    for (let tries = 0; tries < 50; tries++) {
      await sleep(200);
      await ask(remote, 'slow', [tensorOf('x', 'INT64', [], BigInt64Array.of(1n))]).catch(() => {});
      const load = loads.at(-1);
      if (load && load.calls === 0 && (load.utilization ?? 0) === 0) return load;
    }
    return undefined;
  } finally {
    remote.close();
  }
}

/** Memory grows until some 50,000 calls have been left, and no more after (100,000 were tried). */
const cancels = 10_000;
const grownMaxMiB = 16;
/** Of the measurer itself, and of connections that are being closed. */
const filesSlack = 8;

/** Memory of each process over a few small rounds: by itself it goes up and down by more than what is looked for. */
async function memoryOf(
  pids: readonly number[],
  leave: (times: number) => Promise<void>,
): Promise<readonly { readonly least: number; readonly most: number }[]> {
  const rounds: number[][] = [];
  for (let round = 0; round < 6; round++) {
    await leave(200);
    await sleep(300);
    rounds.push(pids.map(residentMiB));
  }
  return pids.map((_, index) => {
    const values = rounds.map((round) => round[index] ?? 0);
    return { least: Math.min(...values), most: Math.max(...values) };
  });
}

async function measure(
  targets: Targets,
  target: Target,
  leave: (times: number) => Promise<void>,
  warmUp: number,
): ReturnType<FaultRow['run']> {
  const pids = targets.pids();
  const settle = async (): Promise<boolean> => {
    const rest = await restOf(targets.service);
    await sleep(1_000);
    return rest !== undefined;
  };
  await leave(warmUp);
  await settle();
  const files = pids.map(openFiles);
  const before = await memoryOf(pids, leave);
  await leave(cancels);
  const isEmpty = await settle();
  const after = await memoryOf(pids, leave);
  const grownMiB = Math.max(...after.map(({ least }, index) => least - (before[index]?.most ?? 0)));
  const moreFiles = Math.max(...pids.map((pid, index) => openFiles(pid) - (files[index] ?? 0)));
  const right = await isRight(target);
  const isSame = targets.pids().join() === pids.join();
  return {
    kept: isEmpty && right && isSame && grownMiB <= grownMaxMiB && moreFiles <= filesSlack,
    measured: `${isEmpty ? 'no call left' : 'CALLS LEFT'}, ${grownMiB.toFixed(1)} MiB, ${moreFiles} more files${right ? '' : ', next request WRONG'}${isSame ? '' : ', a process is gone'}`,
  };
}

const row = (
  name: string,
  fault: string,
  warmUp: number,
  run: (targets: Targets) => {
    readonly target: Target;
    readonly leave: (times: number) => Promise<void>;
    readonly close?: () => void;
  },
): FaultRow => ({
  name: `cancels-${name}`,
  fault: `10,000 calls that are left ${fault}`,
  promise: 'no call and no open file left; memory <= +16 MiB after a warm-up; same process, next request right',
  isShort: false,
  run: async () => {
    await using targets = await openTargets();
    const { target, leave, close = () => {} } = run(targets);
    try {
      return await measure(targets, target, leave, warmUp);
    } finally {
      close();
    }
  },
});

export const cancelRows: readonly FaultRow[] = [
  row('mesh', 'by Cancel frames of one mesh stream', 5 * cancels, ({ service }) => {
    const remote = createRemote(`127.0.0.1:${service.address.port}`, {
      service: 'all',
      limits: defaultLimits,
      transport: 'stream',
      secret: testSecret,
    });
    return { target: service, leave: (times) => leaveCalls(remote, times), close: () => remote.close() };
  }),
  row('grpc', 'by gRPC on one channel of the gateway, which leaves them at the service', 5 * cancels, ({ gateway }) => {
    const remote = gateway.connect();
    return { target: gateway, leave: (times) => leaveCalls(remote, times), close: () => remote.close() };
  }),
  row('cut', 'by cutting the connection', cancels, ({ service }) => ({
    target: service,
    leave: (times) => cutConnections(service, times),
  })),
];
