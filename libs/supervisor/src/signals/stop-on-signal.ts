import type { RunningMesh } from '../mesh/running-mesh.ts';
import { watchLaunchers } from './launcher.ts';

/** npm hands on the signal that its group has got as well: within this time the same signal is the same one. */
const echoMs = 1_000;

export interface StopOptions {
  /** Called before the mesh is ended. */
  readonly close?: () => Promise<void>;
  /** Gives up a start that is under way. */
  readonly abort?: () => void;
}

/**
 * Ends the mesh and the process on the first Ctrl-C or SIGTERM, when the terminal is closed, when npm or whatever else started this command for somebody
 * is gone, and when what it answers is called; a second Ctrl-C or SIGTERM forces. After SIGTERM callers have the time to hear of it: others may serve
 * them; who types Ctrl-C waits for nobody but the calls under way. A mesh that still starts is given up.
 */
export function stopOnSignal(
  mesh: RunningMesh | Promise<RunningMesh>,
  { close = async () => {}, abort = () => {} }: StopOptions = {},
): () => void {
  let stopping = false;
  let running: RunningMesh | undefined;
  const started = Promise.resolve(mesh).then(
    (whole) => {
      running = whole;
    },
    // Whoever starts it tells why it did not.
    () => {},
  );
  const stop = async (notice: boolean): Promise<void> => {
    if (stopping) return;
    stopping = true;
    if (!running) abort();
    await started;
    await close();
    await running?.stop(notice);
    process.exit(0);
  };
  const launched = watchLaunchers(() => void stop(true));
  let lastAt = Number.NEGATIVE_INFINITY;
  let last: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const isEcho = launched && signal === last && performance.now() - lastAt < echoMs;
    lastAt = performance.now();
    last = signal;
    if (isEcho) return;
    if (stopping) {
      running?.kill();
      process.exit(1);
    }
    void stop(signal === 'SIGTERM');
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A terminal that is closed may say so several times, and what is still told has nowhere to go.
  process.on('SIGHUP', () => void stop(false));
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return () => void stop(false);
}
