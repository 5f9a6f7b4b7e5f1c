/** The processes of the mesh that runs from a folder on this machine. */

import { readFileSync, readlinkSync } from 'node:fs';
import { askStatus, type ProcessStatus } from '@sheaf/supervisor';
import { UsageError } from '../../command.ts';
import type { Look, Process } from '../look.ts';

export async function lookAtProcesses(folder: string): Promise<Pick<Look, 'processes' | 'registryAway'>> {
  const status = await askStatus(folder);
  if (status === undefined || status === 'silent') return { processes: [], registryAway: undefined };
  return { processes: status.processes.map(withSystem), registryAway: status.registry?.away };
}

/** With what Linux tells of it. */
const withSystem = (status: ProcessStatus): Process => ({
  ...status,
  memoryBytes: kibibytesOf(/^VmRSS:\s+(\d+) kB/m, `/proc/${status.pid}/status`),
  openFilesMax: numberOf(/^Max open files\s+(\d+)/m, `/proc/${status.pid}/limits`),
  executable: linkAt(`/proc/${status.pid}/exe`),
});

function numberOf(pattern: RegExp, file: string): number | undefined {
  try {
    const [, digits] = pattern.exec(readFileSync(file, 'utf8')) ?? [];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    return undefined;
  }
}

function kibibytesOf(pattern: RegExp, file: string): number | undefined {
  const kibibytes = numberOf(pattern, file);
  return kibibytes === undefined ? undefined : kibibytes * 1024;
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Of its first gateway; undefined where none runs from the folder on this machine. Throws while it starts: another mesh may have the usual port. */
export async function addressOf(folder: string): Promise<string | undefined> {
  const status = await askStatus(folder);
  if (status === undefined) return undefined;
  const [address] = status === 'silent' ? [] : status.addresses;
  if (address === undefined) throw new UsageError(`the mesh of ${folder} still starts, or does not answer; ask again`);
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:');
}
