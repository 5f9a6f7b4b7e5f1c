/** Follows a registry: brings what it wants served, has the mesh take it up, and goes on with what there is while the registry is away. */
import { isDeepStrictEqual } from 'node:util';
import type { OnEvent } from '@sheaf/inference';
import type { View, ViewEntry, ViewVersion } from '@sheaf/mesh';
import { desiredView } from './desired-view.ts';
import { fetchVersion } from './fetch-version.ts';
import { entryOf, failureKey, isLoadedIn, isSteered, loadingView, settledView } from './next-view.ts';
import type { Follower, FollowerOptions, FollowerStatus, FollowingMesh } from './ports.ts';
import type { SourceSnapshot } from './source.ts';
import { repairView, sweepView, writeView } from './view-files.ts';

interface Failure {
  readonly why: string;
  /** Of its entry: it is tried again when that changes. */
  readonly epoch: number;
  /** Whether it may pass by itself. */
  readonly mayPass: boolean;
}

const nothing: View = { schema: 1, epoch: 0, entries: [], out: [] };

/** Nothing is tried where nobody says how. */
const noTrial = async (): Promise<undefined> => undefined;

/** `epochOf` is that of an entry in the registry. */
type EpochOf = (entry: Pick<ViewEntry, 'name' | 'kind'>) => number;

export const createFollower = (options: FollowerOptions): Follower => new RegistryFollower(options);

class RegistryFollower implements Follower {
  readonly #options: FollowerOptions;
  readonly #retryMinMs: number;
  readonly #retryMaxMs: number;
  readonly #ended = new AbortController();
  readonly #failures = new Map<string, Failure>();
  /** Digests of what was tried well. */
  readonly #tried = new Set<string>();
  /** As the disk has it, and the mesh serves it. */
  #now: View = nothing;
  #epoch = 0;
  #away: string | undefined;
  #following: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#retryMinMs = options.retryMinMs ?? 1_000;
    this.#retryMaxMs = options.retryMaxMs ?? 30_000;
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await this.#look();
    try {
      const snapshot = await this.#options.source.snapshot(signal);
      const desired = await this.#desired(snapshot, signal);
      await this.#bring(desired, epochIn(snapshot), signal);
      const settled = settledView(desired, this.#now, this.#whys());
      if (!isDeepStrictEqual(settled, this.#now)) await writeView(this.#options.folder, settled);
      this.#now = settled;
    } catch (error) {
      signal.throwIfAborted();
      this.#lost(error);
    }
  }

  follow(mesh: FollowingMesh): void {
    this.#following = this.#followOn(mesh);
  }

  status(): FollowerStatus {
    return { epoch: this.#epoch, inForce: this.#now.epoch, away: this.#away, out: this.#now.out };
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#following;
    await this.#options.source.close();
  }

  async #followOn(mesh: FollowingMesh): Promise<void> {
    const { signal } = this.#ended;
    let waitMs = this.#retryMinMs;
    while (!signal.aborted) {
      const isWell = await this.#followOnce(mesh);
      const until = isWell ? signal : AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
      // A registry that is away is asked again after a while; one that is there tells what is new.
      const soon = AbortSignal.any([until, AbortSignal.timeout(waitMs)]);
      if (this.#away === undefined) await this.#options.source.changed(this.#epoch, until).catch(() => aborted(soon));
      else await aborted(until);
      waitMs = isWell ? this.#retryMinMs : Math.min(this.#retryMaxMs, waitMs * 2);
    }
  }

  /** Answers whether all is as the registry wants it, or will not be by itself. */
  async #followOnce(mesh: FollowingMesh): Promise<boolean> {
    const { signal } = this.#ended;
    try {
      const snapshot = await this.#options.source.snapshot(signal);
      this.#reached();
      await this.#step(snapshot, mesh);
      this.#epoch = snapshot.epoch;
      return ![...this.#failures.values()].some(({ mayPass }) => mayPass);
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof NotTakenUp)
        this.#options.onEvent(`what the registry says is not taken up yet: ${error.message}`, 'registry.failed');
      else this.#lost(error);
      return false;
    }
  }

  /** Goes from what is served to what the registry wants. */
  async #step(snapshot: SourceSnapshot, mesh: FollowingMesh): Promise<void> {
    const { signal } = this.#ended;
    const epochOf = epochIn(snapshot);
    await this.#look(mesh);
    const before = this.#now;
    const desired = await this.#desired(snapshot, signal);
    this.#forget(desired, epochOf);
    await this.#bring(desired, epochOf, signal);
    try {
      await this.#load(desired, mesh, epochOf);
      const settled = settledView(desired, this.#now, this.#whys());
      if (!isDeepStrictEqual(settled, this.#now)) await this.#show(settled, mesh);
      await sweepView(this.#options.folder, [desired, settled]);
    } finally {
      // A name that is new has its aliases as soon as it is loaded, whatever comes of the others.
      tellMoves(before, this.#now, this.#options.onEvent);
    }
  }

  /** Has the mesh load what is new, while aliases mean what they meant. */
  async #load(desired: View, mesh: FollowingMesh, epochOf: EpochOf): Promise<void> {
    const before = this.#now;
    const loading = loadingView(desired, before, this.#whys());
    try {
      if (!isLoadedIn(loading, before)) await this.#show(loading, mesh);
    } catch (error) {
      if (!(error instanceof NotTakenUp)) throw error;
      // What is new is to blame: all else was served a moment ago.
      for (const entry of loading.entries)
        for (const version of entry.versions)
          if (!entryOf(before, entry)?.versions.some(({ digest }) => digest === version.digest))
            this.#fail(entry, version, { why: error.message, epoch: epochOf(entry), mayPass: true });
    }
    this.#noteUnserved(mesh, epochOf);
  }

  #desired(snapshot: SourceSnapshot, signal: AbortSignal): Promise<View> {
    const { source, keep } = this.#options;
    return desiredView(snapshot, source, { keep, signal });
  }

  /** Brings and tries what is wanted and not there yet. */
  async #bring(desired: View, epochOf: EpochOf, signal: AbortSignal): Promise<void> {
    for (const entry of desired.entries)
      for (const version of entry.versions)
        if (!this.#failures.has(failureKey(entry.name, version.digest)))
          await this.#bringOne(entry, version, epochOf(entry), signal);
  }

  async #bringOne(entry: ViewEntry, version: ViewVersion, epoch: number, signal: AbortSignal): Promise<void> {
    const { folder, source, trial = noTrial } = this.#options;
    try {
      await fetchVersion(folder, entry, version, source, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#fail(entry, version, { why: `it cannot be fetched: ${sentence(error)}`, epoch, mayPass: true });
      return;
    }
    const isLoaded = entryOf(this.#now, entry)?.versions.some(({ digest }) => digest === version.digest) ?? false;
    if (isLoaded || this.#tried.has(version.digest)) return;
    const why = await trial({ kind: entry.kind, name: entry.name, version }, signal);
    if (why === undefined) this.#tried.add(version.digest);
    else this.#fail(entry, version, { why: `its trial failed: ${why}`, epoch, mayPass: false });
  }

  async #show(view: View, mesh: FollowingMesh): Promise<void> {
    const { folder } = this.#options;
    try {
      await writeView(folder, view);
      await (isSteered(view, this.#now) ? mesh.steer(view) : mesh.takeUp());
      this.#now = view;
    } catch (error) {
      // Where nothing can be written, the disk has what it had.
      await writeView(folder, this.#now).catch(() => {});
      throw new NotTakenUp(sentence(error));
    }
  }

  /** Notes which versions the mesh could not load. */
  #noteUnserved(mesh: FollowingMesh, epochOf: EpochOf): void {
    for (const entry of this.#now.entries)
      for (const version of entry.versions) {
        const why = mesh.whyOut(entry.kind, entry.name, version.version);
        if (why !== undefined) this.#fail(entry, version, { why, epoch: epochOf(entry), mayPass: true });
      }
  }

  /** What was out is tried again when it may have passed, or its entry has changed. */
  #forget({ entries }: View, epochOf: EpochOf): void {
    const wanted = new Map(
      entries.flatMap((entry) =>
        entry.versions.map(({ digest }) => [failureKey(entry.name, digest), epochOf(entry)] as const),
      ),
    );
    for (const [key, { epoch, mayPass }] of this.#failures)
      if (mayPass || wanted.get(key) !== epoch) this.#failures.delete(key);
  }

  /** A file of the view that is damaged is told, and what it is part of is not served any more. */
  async #look(mesh?: FollowingMesh): Promise<void> {
    const { view, damage } = await repairView(this.#options.folder);
    for (const line of damage) this.#options.onEvent(line, 'registry.view-damaged');
    this.#now = view;
    if (damage.length > 0) await mesh?.takeUp();
  }

  #whys(): ReadonlyMap<string, string> {
    return new Map([...this.#failures].map(([key, { why }]) => [key, why]));
  }

  #fail(entry: ViewEntry, { version, digest }: ViewVersion, failure: Failure): void {
    const { kind, name } = entry;
    const key = failureKey(name, digest);
    const fields = { model: name, version: String(version) };
    const isTold = this.#now.out.some((one) => one.name === name && one.version === version && one.why === failure.why);
    if (!isTold && this.#failures.get(key)?.why !== failure.why)
      this.#options.onEvent(
        `${kind} ${name}/${version} of the registry stays out: ${failure.why}`,
        'registry.version-out',
        fields,
      );
    this.#failures.set(key, failure);
  }

  #reached(): void {
    if (this.#away !== undefined) this.#options.onEvent('the registry is there again', 'registry.back');
    this.#away = undefined;
  }

  #lost(error: unknown): void {
    const why = sentence(error);
    if (this.#away === undefined)
      this.#options.onEvent(`the registry is away, and the mesh goes on with what it has: ${why}`, 'registry.away');
    this.#away = why;
  }
}

/** The mesh, or its disk, is to blame, and not the registry. */
class NotTakenUp extends Error {}

const epochIn =
  ({ entries }: SourceSnapshot): EpochOf =>
  ({ name, kind }) =>
    entries.find((one) => one.name === name && one.kind === kind)?.epoch ?? 0;

function tellMoves(before: View, after: View, onEvent: OnEvent): void {
  for (const entry of after.entries)
    for (const [alias, version] of Object.entries(entry.aliases)) {
      const from = entryOf(before, entry)?.aliases[alias];
      if (from === version) continue;
      const line = `${entry.kind} ${entry.name}: ${alias} is version ${version} now${from === undefined ? '' : `, and was ${from}`}`;
      onEvent(line, 'registry.alias-moved', { model: entry.name, version: String(version) });
    }
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Resolves when the signal is. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
