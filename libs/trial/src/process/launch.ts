/** The process of a trial: what it may read, what it is given of the environment and of the machine, and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setPriority, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { permissionFlags, readablePaths, selectVariables } from '@sheaf/runtime';
import { folderOf } from '../candidate.ts';
import { channel, createLineReader, type Orders, readMessage, type TrialMessage, writeLine } from './messages.ts';

const program = fileURLToPath(new URL('./trial-process.ts', import.meta.url));
const sources = fileURLToPath(new URL('../', import.meta.url));

/** What the system and native libraries need; nothing that names a person, a place of theirs or a secret. */
const variables =
  /^(PATH|LANG|LC_ALL|TZ|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|SYSTEMROOT|SYSTEMDRIVE|WINDIR)$|^(OMP|CUDA|NVIDIA)_(?!.*(KEY|TOKEN|SECRET))/;

/** What V8 has set aside for its threads, 1.8 GiB of them for three, is counted by the system, and mostly never touched. */
const slackBytes = 4 * 2 ** 30;
const shell = '/bin/sh';
/** Whoever serves calls on this machine goes first. */
const niceness = 10;

export interface Ended {
  /** `SIGKILL`, `exit code 1`. */
  readonly how: string;
  /** It sent what is no message of ours. */
  readonly rubbish?: string;
}

export interface TrialProcess {
  kill(): void;
  /** Resolves when the process has ended, all that it sent has been heard, and its folder is gone. */
  readonly ended: Promise<Ended>;
}

/** Starts it in an empty folder of its own; `onMessage` hears what it tells. */
export async function launch(orders: Orders, onMessage: (message: TrialMessage) => void): Promise<TrialProcess> {
  const folders = orders.jobs.flatMap(({ candidate, against }) => [candidate, ...(against ? [against] : [])]);
  const settings = folders.flatMap((one) => (one.kind === 'unread' && one.settings ? [one.settings] : []));
  const packages = await readablePaths({ folder: sources, file: program, withheld: [] });
  const readable = [...new Set([...packages, ...folders.map((one) => folderOf(one) + sep), ...settings])];
  const working = await mkdtemp(join(tmpdir(), `sheaf-trial-${process.pid}-`));
  const args = [
    ...permissionFlags({ addons: true }, readable),
    `--max-old-space-size=${Math.max(256, Math.floor(orders.memoryBytesMax / 2 ** 21))}`,
    program,
  ];
  const child = start(args, working, orders);
  return { kill: () => void child.kill('SIGKILL'), ended: follow(child, orders, onMessage, working) };
}

/** By a shell where there is one, which sets the limits that Node cannot: no core dump, memory that is refused and not only noticed, and an end for what nobody watches. */
function start(args: readonly string[], working: string, { memoryBytesMax, limits, jobs }: Orders): ChildProcess {
  const memoryKib = Math.ceil((memoryBytesMax + slackBytes) / 1024);
  const cpuSeconds = Math.ceil((jobs.length * limits.timeMsMax) / 1000) * 4;
  const script = `ulimit -c 0; ulimit -d ${memoryKib}; ulimit -t ${cpuSeconds}; exec "$0" "$@"`;
  const [file, all] = existsSync(shell)
    ? [shell, ['-c', script, process.execPath, ...args]]
    : [process.execPath, [...args]];
  const child = spawn(file, all, {
    cwd: working,
    env: { ...selectVariables(process.env, (name) => variables.test(name)), TMPDIR: working, HOME: working },
    // The runtime and the loader would print what is told by message.
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  try {
    // At once: its threads, which are still to come, have what it has then.
    if (child.pid !== undefined) setPriority(child.pid, niceness);
  } catch {
    // It has ended already, or the system does not let us: it is tried all the same.
  }
  return child;
}

async function follow(
  child: ChildProcess,
  orders: Orders,
  onMessage: (message: TrialMessage) => void,
  working: string,
): Promise<Ended> {
  const ended = Promise.withResolvers<string>();
  child.once('error', ({ message }) => ended.resolve(message));
  child.once('close', (code, signal) => ended.resolve(signal ?? `exit code ${code}`));
  const socket = child.stdio?.[channel] as Socket | undefined;
  let rubbish: string | undefined;
  const read = createLineReader((value) => onMessage(readMessage(value)));
  socket?.on('error', () => {});
  socket?.on('data', (chunk: Buffer) => {
    if (rubbish !== undefined) return;
    try {
      read(chunk);
    } catch (error) {
      rubbish = (error as Error).message;
      child.kill('SIGKILL');
    }
  });
  socket?.write(writeLine(orders));
  const how = await ended.promise;
  socket?.destroy();
  await rm(working, { recursive: true, force: true });
  return rubbish === undefined ? { how } : { how, rubbish };
}
