/** A version that is brought: its manifest, then the bytes that are not there yet. */
import { InferError, maySee } from '@sheaf/inference';
import { checkSignatures } from '@sheaf/signing';
import type { PushResponse, RegistryService } from '@sheaf/transport';
import { digestOf, type Manifest } from '../../manifest.ts';
import { refused } from '../../refusals.ts';
import type { Registry } from '../../registry.ts';
import type { RegistryStore, VersionRecord } from '../../registry-store.ts';
import { nobodyLooks, type Trust } from '../../trusted.ts';
import { actorOf } from '../caller.ts';
import { messageOf } from '../versions.ts';
import { warnUnsigned } from '../warn-unsigned.ts';
import { type PushLimits, pushLimits } from './limits.ts';
import { type Brought, readManifest } from './read-manifest.ts';
import { createRoom } from './room.ts';
import { readSteps } from './steps.ts';
import { createUploads } from './uploads.ts';

/** What is found out about a version before it is taken. */
export interface Judgement {
  readonly state: 'ready' | 'quarantined';
  /** Why it is not ready; '' where it is. */
  readonly why: string;
  readonly trial?: NonNullable<VersionRecord['trial']>;
}

/** Says of a version whose files are there whether it may be served; throws InferError where it is none at all, and is not to be kept. */
export type JudgeVersion = (candidate: {
  readonly name: string;
  readonly manifest: Manifest;
  /** Who brings it. */
  readonly by: string;
  /** Whether they may see a model or pipeline. */
  readonly sees: (name: string) => boolean;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
}) => Promise<Judgement>;

export interface PushPorts {
  readonly registry: Pick<Registry, 'store' | 'blobs' | 'publish'>;
  /** Default: every version that is whole is ready. */
  readonly judge?: JudgeVersion | undefined;
  /** Default: nobody looks. */
  readonly trust?: Trust | undefined;
  readonly limits?: Partial<PushLimits> | undefined;
  /** What of them is said anew for each push. */
  readonly limitsNow?: (() => Promise<Partial<PushLimits>>) | undefined;
}

const takenUnseen: JudgeVersion = async () => ({ state: 'ready', why: '' });

export function pushMethods(ports: PushPorts): Pick<RegistryService, 'push'> {
  const { registry, judge = takenUnseen, trust = nobodyLooks, limitsNow = async () => ({}) } = ports;
  const { store } = registry;
  const limits = { ...pushLimits, ...ports.limits };
  const uploads = createUploads(registry);
  const room = createRoom({ ...registry, sentBytes: uploads.sentBytes });
  let pushes = 0;
  const pushesOf = new Map<string, number>();
  return {
    push: async function* (requests, caller) {
      const by = actorOf(caller);
      const sees = (name: string): boolean => maySee(caller.principal, name);
      const own = pushesOf.get(by) ?? 0;
      if (pushes >= limits.pushesMax) throw tooMany(limits.pushesMax);
      if (own >= limits.pushesOfOneMax) throw tooMany(limits.pushesOfOneMax, ' of one credential');
      pushes++;
      pushesOf.set(by, own + 1);
      let leaveRoom = (): void => {};
      try {
        const steps = readSteps(requests, limits);
        const brought = await readManifest(steps, limits, caller);
        const known = await knownVersion(store, brought);
        const { name, manifest, signature } = brought;
        const signatures = [...(known?.signatures ?? []), ...signature];
        warnUnsigned(checkSignatures(`${brought.kind} ${name}`, manifest.files, signatures, await trust()));
        await using upload = await uploads.begin(manifest.files, { by, sees });
        leaveRoom = await room.take(upload, { by, principal: caller.principal }, { ...limits, ...(await limitsNow()) });
        yield plan(digestOf(manifest), upload.missing);
        if (known && upload.isWhole) {
          yield await done(store, await withSignature(store, known, brought, by), false);
          return;
        }
        while (!upload.isWhole) {
          const progress = await upload.take(await steps.next('chunk'));
          if (progress) yield { step: 'progress', progress };
        }
        const judged = await judge({ name, manifest, by, sees, signal: caller.signal });
        const { record, added } = await registry.publish({ name, manifest, by, ...judged });
        await uploads.forget(manifest.files, by);
        yield await done(store, await withSignature(store, record, brought, by), added);
      } finally {
        leaveRoom();
        pushes--;
        const left = (pushesOf.get(by) ?? 1) - 1;
        if (left === 0) pushesOf.delete(by);
        else pushesOf.set(by, left);
      }
    },
  };
}

/** The version that this content is already; undefined where it is new. Throws where the name is one of the other kind. */
async function knownVersion(
  store: RegistryStore,
  { name, kind, manifest }: Brought,
): Promise<VersionRecord | undefined> {
  const entry = await store.getEntry(name);
  if (!entry) return undefined;
  if (entry.kind !== kind)
    throw refused('KIND_OTHER', `"${name}" is a ${entry.kind} in the registry, and cannot have versions of a ${kind}`);
  const known = await store.getVersion(name, digestOf(manifest));
  return known?.state === 'deleted' ? undefined : known;
}

/** The version with the signature that was brought with it. */
async function withSignature(
  store: RegistryStore,
  record: VersionRecord,
  { signature }: Brought,
  by: string,
): Promise<VersionRecord> {
  const { name, version } = record;
  for (const bundle of signature) await store.addSignature({ name, version }, bundle, by);
  return signature.length === 0 ? record : ((await store.getVersion(name, version)) ?? record);
}

const plan = (digest: string, missing: NonNullable<PushResponse['plan']>['missing']): PushResponse => ({
  step: 'plan',
  plan: { digest, missing },
});

async function done(store: RegistryStore, record: VersionRecord, created: boolean): Promise<PushResponse> {
  return { step: 'done', done: { version: await messageOf(store, record.name, record), created } };
}

const tooMany = (max: number, whose = ''): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', `pushes: want at most ${max}${whose} at once`, {
    reason: 'PUSHES_TOO_MANY',
    retryAfterMs: 1_000,
  });
