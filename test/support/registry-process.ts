/** A registry as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.ts';

const program = fileURLToPath(new URL('../../apps/registry/src/main.ts', import.meta.url));

export interface RegistryProcess {
  readonly address: string;
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** Resolves when it is ready or has ended. Whoever starts it ends it. */
export async function startRegistryProcess(
  folder: string,
  {
    port = 0,
    args = [],
    env,
  }: { readonly port?: number; readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<RegistryProcess> {
  const child = spawn(process.execPath, [program, folder, '--port', String(port), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env && { env: { ...process.env, ...env } }),
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk));
  const ready = /the registry is ready on (\S+)/;
  await waitFor(
    () => ready.test(text) || child.exitCode !== null,
    () => text,
  );
  return { address: ready.exec(text)?.[1] ?? '', child, output: () => text };
}
