/** `sheaf up --model-control registry`: which registry a mesh follows, and how what it brings is tried. */
import {
  createFollower,
  type Follower,
  type RegistrySource,
  registrySource,
  remoteSource,
  signedSource,
  type TrialCandidate,
} from '@sheaf/follower';
import type { OnEvent } from '@sheaf/inference';
import { type RegistryPlace, registryPlace, signatureTrust, trialRules, versionFolder } from '@sheaf/mesh';
import { openRegistry } from '@sheaf/registry';
import { connectRegistry, readSecret } from '@sheaf/transport';
import { tryVersion } from '@sheaf/trial';
import { UsageError } from '../command.ts';

/** Of a mesh that says nothing of a registry. */
const ownRegistry: RegistryPlace = { keep: 2 };

/** The registry that is followed; undefined: none is. `control` is what the command says, mesh.yaml says the rest. */
export async function followedRegistry(folder = '.', control: string | undefined): Promise<RegistryPlace | undefined> {
  if (control === 'none' || control === 'explicit') return undefined;
  if (control !== undefined && control !== 'registry')
    throw new UsageError(`--model-control: want none, explicit or registry, got "${control}"`);
  const place = await registryPlace(folder);
  return place ?? (control === 'registry' ? ownRegistry : undefined);
}

/** A follower for the mesh in a folder, absolute. */
export async function openFollower(folder: string, place: RegistryPlace, onEvent: OnEvent): Promise<Follower> {
  const source = signedSource(await openSource(folder, place), () => signatureTrust(folder), onEvent);
  return createFollower({
    folder,
    source,
    keep: place.keep,
    onEvent,
    trial: (one, signal) => tried(folder, one, signal),
  });
}

/** Of questions that are answered once. */
const timeoutMs = 30_000;

async function openSource(folder: string, { address, key, tls }: RegistryPlace): Promise<RegistrySource> {
  if (address === undefined) return registrySource(await openRegistry(folder));
  const secret = key && readSecret('the key of the registry', key);
  const metadata = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  return remoteSource(connectRegistry(address, { metadata, tls, timeoutMs }));
}

/** A model is run in a process that is thrown away; a pipeline is judged when it is read. */
async function tried(
  folder: string,
  { kind, name, version }: TrialCandidate,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (kind !== 'model') return undefined;
  const home = versionFolder(folder, version.digest);
  const candidate = { kind: 'unread', name, version: String(version.version), folder: home } as const;
  const { verdict, findings } = await tryVersion(candidate, { signal, policy: await trialRules(folder) });
  return verdict === 'fail' ? findings[0]?.text : undefined;
}
