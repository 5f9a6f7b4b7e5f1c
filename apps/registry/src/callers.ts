/** Who may call the registry: by the policies of its folder, and the keys in its state. */
import { createAuthenticate, createFailureBook, createKeyUses, followKeys, openKeySources } from '@sheaf/identity';
import { log, monotonicClock, type Principal, roles } from '@sheaf/inference';
import { createAdmission, type PoliciesSpec, type Shown } from '@sheaf/policies';
import { createMemoryState, openState } from '@sheaf/store';

export interface Callers {
  readonly admit: (shown: Shown) => Principal | Promise<Principal>;
  /** Whether anybody can tell which keys count. */
  readonly isFresh: () => boolean;
  close(): Promise<void>;
}

/** Where no policies are written it is somebody of this machine who calls. */
const local: Principal = {
  id: 'local',
  tenant: 'local',
  roles,
  models: ['*'],
  priority: 'standard',
  claims: {},
};

export async function openCallers(
  folder: string,
  policies: PoliciesSpec | undefined,
  onFresh: () => void,
): Promise<Callers> {
  const state = policies ? await openState(folder) : createMemoryState();
  const keys = await followKeys(state, {
    clock: monotonicClock,
    log: (line, event) => log(event, line),
    doCount: () => policies !== undefined && policies.identity.keys !== false,
    onFresh,
    process: 'registry',
  });
  const uses = createKeyUses(state.keys);
  const ports = {
    keys: keys.now,
    onKeyUse: uses.note,
    keySources: openKeySources(),
    failures: createFailureBook(),
    now: Date.now,
  };
  return {
    admit: policies
      ? createAdmission(createAuthenticate(policies.identity, ports), policies.open, policies.addresses)
      : () => local,
    isFresh: keys.isFresh,
    close: async () => {
      keys.end();
      await uses.end();
      await state.close();
    },
  };
}
