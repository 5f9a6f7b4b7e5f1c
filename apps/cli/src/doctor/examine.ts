/** All that the checks find, the most important first. */
import type { AskedServer } from '../asking/server-options.ts';
import { checks } from './checks.ts';
import { type Finding, severities } from './finding.ts';
import { lookAtFolder } from './gather/folder.ts';
import { lookAtGateway } from './gather/gateway.ts';
import { lookAtMachine } from './gather/machine.ts';
import { lookAtPeers } from './gather/peers.ts';
import { lookAtProcesses } from './gather/processes.ts';
import type { Look } from './look.ts';

/** A finding, and the check that found it. */
export interface NamedFinding extends Finding {
  readonly check: string;
}

export async function lookAt(folder: string, asked: AskedServer): Promise<Look> {
  const { env } = process;
  const [processes, gateway, own, peers] = await Promise.all([
    lookAtProcesses(folder),
    lookAtGateway(asked),
    lookAtFolder(folder),
    lookAtPeers(env),
  ]);
  return { folder, now: Date.now(), env, machine: lookAtMachine(), ...processes, peers, ...gateway, ...own };
}

export function findingsOf(look: Look): NamedFinding[] {
  const all = Object.entries(checks).flatMap(([check, find]) => find(look).map((one) => ({ check, ...one })));
  return severities.flatMap((severity) => all.filter((one) => one.severity === severity));
}
