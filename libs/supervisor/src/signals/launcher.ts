/** Who started this command for somebody else, and ends without handing that on: npm, the shell that it starts a command with, and our own bin/sheaf.js. */
import { readFileSync } from 'node:fs';

/** They are looked for so often. */
const lookEveryMs = 250;
/** More of them are no launcher. */
const launchersMax = 8;

/** npm runs a command through one of these. Some stay between it and the command; such a one dies of the SIGTERM that npm hands on, and keeps a SIGINT to itself. */
const shells = new Set(['sh', 'dash', 'bash', 'ash', 'busybox', 'ksh', 'mksh', 'zsh']);

export interface ProcessEntry {
  readonly command: string;
  readonly parent: number;
  readonly group: number;
}

/** A process as the system tells of it; undefined when it is gone, and where there is no /proc. */
function processEntry(pid: number): ProcessEntry | undefined {
  try {
    // "pid (command) state parent group ...", and a command may hold spaces and brackets.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = text.lastIndexOf(')');
    const [, parent, group] = text.slice(end + 2).split(' ');
    return { command: text.slice(text.indexOf('(') + 1, end), parent: Number(parent), group: Number(group) };
  } catch {
    return undefined;
  }
}

export interface Origin {
  readonly pid: number;
  readonly parent: number;
  readonly env: NodeJS.ProcessEnv;
  readonly entryOf: (pid: number) => ProcessEntry | undefined;
}

/**
 * The processes between this one and npm, npm last, each the parent of the one before it; without npm, bin/sheaf.js where it started us. None for a command
 * that somebody put into a group of its own (setsid, a job of a shell): it is meant to outlive them. Where there is no /proc, the parent alone is known.
 */
export function launchersOf({ pid, parent, env, entryOf }: Origin): readonly number[] {
  const bin = Number(env['SHEAF_LAUNCHER_PID']);
  const isByNpm = env['npm_lifecycle_event'] !== undefined;
  if (!isByNpm) return parent === bin ? [bin] : [];
  const group = entryOf(pid)?.group;
  const launchers: number[] = [];
  for (let one = parent; launchers.length < launchersMax; ) {
    const entry = entryOf(one);
    if (entry?.group !== group) return parent === bin ? [bin] : [];
    launchers.push(one);
    if (!entry || (one !== bin && !shells.has(entry.command))) return launchers;
    one = entry.parent;
  }
  return [];
}

/** Whether each of them is still there, as the parent of the one before it. */
export function areThere(launchers: readonly number[], { parent, entryOf }: Omit<Origin, 'env' | 'pid'>): boolean {
  return launchers.every((launcher, index) => {
    const before = launchers[index - 1];
    return launcher === (before === undefined ? parent : entryOf(before)?.parent);
  });
}

/** Calls `onGone` once when one of those who started this command has ended. Answers whether there are any. */
export function watchLaunchers(onGone: () => void): boolean {
  const now = () => ({ pid: process.pid, parent: process.ppid, env: process.env, entryOf: processEntry });
  const launchers = launchersOf(now());
  if (launchers.length === 0) return false;
  const timer = setInterval(() => {
    if (areThere(launchers, now())) return;
    clearInterval(timer);
    onGone();
  }, lookEveryMs).unref();
  return true;
}
