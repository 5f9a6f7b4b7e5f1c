/** What is looked at before a server opens, and told again of what a reload changes. */
import { loudlyOpen, shortenedLine } from '@sheaf/identity';
import { InferError, isLoopback, log } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import type { GatewayState } from './state.ts';

/** Nobody's server is open to the world by oversight; who means it has it said aloud (`warnIfOpen`). */
export function checkHost({ policies }: Mesh, host: string): void {
  if (!policies && !isLoopback(host))
    throw new InferError(
      'FAILED_PRECONDITION',
      `${host} is not loopback: want a policies.yaml in the folder that says who may call`,
    );
}

export function warnIfOpen({ policies }: Mesh, host: string): void {
  const warning = policies && loudlyOpen(policies.identity, host);
  if (warning) log('policies.open-to-all', warning);
}

/** Whose key ends before its time is not to be surprised. */
export function tellShortened({ policies }: Mesh, { keys, isFresh }: GatewayState): void {
  const line = isFresh() && shortenedLine(keys().values(), Date.now(), policies?.identity.keyDaysMax);
  if (line) log('policies.keys-shortened', line);
}
