/** What there is of models and pipelines, in which state, and what a caller has loaded and unloaded. */
import type { ModelControl } from '@sheaf/host';
import { asInferError, InferError, knownPrincipal, maySee, type Principal, type TrustedCaller } from '@sheaf/inference';
import { noSuchModel } from '@sheaf/policies';
import type { AuditLog } from '@sheaf/store';
import type { ModelState, Repository } from '@sheaf/transport';
import type { Revision } from './revision.ts';

export interface RepositoryPorts {
  readonly current: () => Revision;
  readonly audit: AuditLog;
  /** Has the supervisor do it. */
  readonly control: (control: ModelControl) => Promise<void>;
  /** The names that are being loaded. */
  readonly loading: () => readonly string[];
}

export function createRepository({ current, audit, control, loading }: RepositoryPorts): Repository {
  const change = async (asked: ModelControl, principal: Principal | TrustedCaller): Promise<void> => {
    if (!maySee(principal, asked.name)) throw noSuchModel(asked.name);
    // First, so that there is no change without its entry.
    const actor = knownPrincipal(principal)?.id ?? 'local';
    await audit.append({ at: Date.now(), actor, action: `model.${asked.action}`, subject: asked.name, detail: '' });
    await control(asked).catch((error: unknown) => {
      throw toldTo(principal, asked, asInferError(error));
    });
  };
  return {
    index: (principal) => statesOf(current(), loading()).filter(({ name }) => maySee(principal, name)),
    load: (name, principal) => change({ action: 'load', name, withDependents: false }, principal),
    unload: (name, withDependents, principal) => change({ action: 'unload', name, withDependents }, principal),
  };
}

/** The sentences name whatever else is in the folder: they are for those who may see all of it. */
function toldTo(principal: Principal | TrustedCaller, { action, name }: ModelControl, error: InferError): InferError {
  if (knownPrincipal(principal)?.models.includes('*') ?? true) return error;
  if (error.code === 'NOT_FOUND') return noSuchModel(name);
  return new InferError(
    error.code,
    `"${name}" cannot be ${action}ed as things are; a credential for all models is told why`,
  );
}

/** By name, newest first; each version once. */
function statesOf({ mesh, catalog }: Revision, loading: readonly string[]): ModelState[] {
  const known = new Map<string, ModelState>();
  const add = (name: string, version: string, reason: string): void => {
    const key = `${name}/${version}`;
    if (known.has(key)) return;
    const isReady = reason === '';
    const state = isReady ? 'READY' : loading.includes(name) ? 'LOADING' : 'UNAVAILABLE';
    known.set(key, { name, version, state, reason: state === 'LOADING' ? '' : reason });
  };
  const addServed = (name: string, version: string): void =>
    add(name, version, catalog.isReady(name, version) ? '' : 'not ready');
  for (const { kind, name, version = '', why, keeps } of catalog.out)
    if ((kind === 'model' || kind === 'pipeline') && !keeps) add(name, version, why);
  for (const { name, versions } of mesh.models) for (const { version } of versions) addServed(name, version);
  for (const { spec } of mesh.pipelines) addServed(spec.pipeline, String(spec.version));
  for (const { endpoint, models } of mesh.services)
    if (endpoint !== undefined)
      for (const name of models) for (const version of foreignVersions(catalog, name)) addServed(name, version);
  for (const { name, versions } of mesh.unloaded ?? [])
    for (const version of versions.length > 0 ? versions : ['']) add(name, version, 'unloaded');
  return [...known.values()].toSorted(
    (a, b) => Number(a.name > b.name) - Number(a.name < b.name) || Number(b.version) - Number(a.version),
  );
}

/** Those that its server tells; one without a number where it tells none. */
function foreignVersions(catalog: Revision['catalog'], name: string): readonly string[] {
  try {
    const { versions } = catalog.describe(name, '');
    return versions.length > 0 ? versions : [''];
  } catch {
    return [''];
  }
}
