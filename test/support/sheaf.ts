/** The `sheaf` command as a person runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const sheaf = fileURLToPath(new URL('../../apps/cli/bin/sheaf.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is still running. */
export interface RunningCommand {
  /** Both streams, as they came. */
  readonly output: () => string;
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

/** `user` is who runs it, by number, and with which environment; without it, whoever runs the tests. */
export function startSheaf(
  args: readonly string[],
  cwd?: string,
  user: { readonly uid?: number; readonly gid?: number; readonly env?: NodeJS.ProcessEnv } = {},
): RunningCommand {
  const child = spawn(process.execPath, [sheaf, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd, ...user });
  const streams = { stdout: '', stderr: '' };
  let output = '';
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      streams[name] += chunk;
      output += chunk;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...streams }));
  return { pid: child.pid ?? 0, output: () => output, kill: (signal) => child.kill(signal), ended };
}

export const runSheaf = (args: readonly string[], cwd?: string): Promise<Ended> => startSheaf(args, cwd).ended;
