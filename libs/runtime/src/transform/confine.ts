/** What a transform's process does before it loads the transform. */
import { syncBuiltinESMExports } from 'node:module';
import type { Socket } from 'node:net';
import os from 'node:os';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';

/** Ends this process when its parent is gone, also while a transform keeps its thread busy for ever. On Windows the system does it. */
const watch = `const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1_000);`;

/** Called before `confine`; the parent's end of `channel` closes with it. Signals to the whole group are for the parent, which may have calls to answer yet. */
export function endWithParent(channel: Socket): void {
  const kill = process.kill.bind(process, process.pid, 'SIGKILL');
  channel.once('close', kill).once('error', kill);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  if (process.platform !== 'win32') new Worker(watch, { eval: true }).unref();
}

/** Takes what the permission model of Node leaves open: signals would open the inspector of our own processes, flags of V8 write files, and priorities slow its service down. */
export function confine(): void {
  process.permission?.drop('worker');
  const denied = (permission: string) => (): never => {
    throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED', permission });
  };
  const [signal, flags] = [denied('to send a signal'), denied('to set flags of V8')];
  os.setPriority = denied('to set the priority of a process');
  Object.assign(process, { kill: signal, _kill: signal, _debugProcess: signal });
  v8.setFlagsFromString = flags;
  syncBuiltinESMExports();
}
