/** A registry of its own for each test, and an empty folder that is pulled into. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { pullArtifact, pushArtifact, type RegistryOptions } from '../distribution/registry.ts';
import { type Fault, type RegistryDouble, startRegistry } from './registry-double.ts';
import { sampleArtifact } from './sample-artifact.ts';

export let folder: string;
export let registry: RegistryDouble;
/** Before tries that followed others, in milliseconds. */
export let waited: number[];
export let options: RegistryOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-registry-'));
  registry = await startRegistry();
  waited = [];
  options = {
    pause: async (ms) => {
      waited.push(ms);
    },
  };
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

export const reference = (tag = ':v3', host = registry.host) => `oci://${host}/team/digits${tag}`;
export const push = (more: RegistryOptions = {}) =>
  pushArtifact(sampleArtifact(), reference(), { ...options, ...more });
export const pull = (more: RegistryOptions = {}, from = reference()) =>
  pullArtifact(from, join(folder, 'out'), { ...options, ...more });

/** Nothing of a pull that failed is left. */
export async function failsClean(pulled: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(pulled, { name: 'InferError', code, message });
  assert.deepEqual(await readdir(folder), []);
}

/** Misbehaves so many times for what begins like this, such as `GET /v2/team/digits/blobs/`. */
export function failing(start: string, times: number, act: (response: Parameters<Fault>[1]) => void): void {
  let left = times;
  registry.fault = ({ method, path }, response) => {
    if (left === 0 || !`${method} ${path}`.startsWith(start)) return false;
    left--;
    act(response);
    return true;
  };
}
