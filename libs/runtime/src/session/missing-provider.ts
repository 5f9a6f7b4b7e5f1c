/** What a person can do where the runtime has not the provider that a model asks for. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Provider } from './providers.ts';

/** Those whose libraries are too large for npm: an install script of the runtime fetches them, and scripts of packages do not run here. */
const fetched: readonly Provider[] = ['cuda', 'tensorrt'];
const fetchedFor = 'linux/x64';

export interface Place {
  /** Such as `linux/x64`. */
  readonly platform: string;
  /** Folder of the package onnxruntime-node. */
  readonly runtime: string;
  readonly isThere: (file: string) => boolean;
}

const here = (): Place => ({
  platform: `${process.platform}/${process.arch}`,
  runtime: dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
  isThere: existsSync,
});

const libraryOf = (provider: Provider, { platform, runtime }: Place): string =>
  join(runtime, 'bin', 'napi-v6', ...platform.split('/'), `libonnxruntime_providers_${provider}.so`);

/** Whether its library is there, as far as one is needed; the runtime names it among its own all the same. */
export const isInstalled = (provider: Provider, place = here()): boolean =>
  !fetched.includes(provider) || place.isThere(libraryOf(provider, place));

/** Goes behind "is not available on this machine"; empty where nothing more is known. */
export function whatBrings(provider: Provider, place = here()): string {
  const { platform, runtime } = place;
  if (!fetched.includes(provider)) return '';
  if (platform !== fetchedFor) return ` (the runtime has it for ${fetchedFor} only, and this is ${platform})`;
  const needs = `a driver, CUDA 12 and cuDNN 9${provider === 'tensorrt' ? ' and TensorRT 10' : ''}`;
  if (isInstalled(provider, place)) return ` (its library is there and cannot be loaded: it wants ${needs})`;
  const command = `node ${join(runtime, 'script', 'install.js')} --onnxruntime-node-install`;
  return ` (its library is not installed: "${command}" fetches it; it wants ${needs})`;
}
