/** One model of a Triton repository: its versions, and its config.pbtxt as far as there is a like. */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PushedFile } from '@sheaf/registry';
import { UsageError } from '../../command.ts';
import { versionNumbers } from '../collect/mesh-model.ts';
import { collectModel } from '../collect/model.ts';
import type { FoundModel } from './found.ts';
import { type PbMessage, parsePbtxt } from './pbtxt.ts';
import { otherBackend, settingsOf } from './triton-settings.ts';

const configFile = 'config.pbtxt';

/** Undefined for what is no ONNX model; why is in the notes. */
export async function tritonModel(folder: string, name: string, notes: string[]): Promise<FoundModel | undefined> {
  const config = await readConfig(folder);
  const numbers = await versionNumbers(folder);
  if (!config && numbers.length === 0) return undefined;
  const other = config && otherBackend(config);
  if (other) {
    notes.push(`${name}: left out, since ${other}`);
    return undefined;
  }
  if (numbers.length === 0) {
    notes.push(`${name}: left out, since it has no version, such as ${name}/1/model.onnx`);
    return undefined;
  }
  const settings = config ? settingsFile(config, name, notes) : [];
  const versions: PushedFile[][] = [];
  for (const number of numbers) versions.push([...(await collectModel(join(folder, number))), ...settings]);
  return { name, versions };
}

async function readConfig(folder: string): Promise<PbMessage | undefined> {
  const file = join(folder, configFile);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UsageError(`${file} cannot be read (${error.code})`);
  });
  try {
    return text === undefined ? undefined : parsePbtxt(text);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : 'it cannot be read'}`);
  }
}

/** A value of model.yaml is JSON here, which is YAML too. */
function settingsFile(config: PbMessage, name: string, notes: string[]): readonly PushedFile[] {
  const { settings, left } = settingsOf(config);
  for (const note of left) notes.push(`${name}: ${note}`);
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  if (lines.length === 0) return [];
  const source = Buffer.from(lines.join(''));
  return [{ path: 'model.yaml', source, sizeBytes: source.length, sha256: hash('sha256', source) }];
}
