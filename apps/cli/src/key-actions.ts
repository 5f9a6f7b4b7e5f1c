/** What is done with API keys and told of them, whether in the state of a folder or through a gateway. */
import type { KeyRequest, RotationRequest } from '@sheaf/identity';
import type { Priority } from '@sheaf/inference';
import { printable, table } from '@sheaf/terminal';
import type { KeyState, NewKey } from '@sheaf/transport';
import type { OptionValues } from './command.ts';
import { type KeyAction, keyRequestOf, rotationOf } from './key-options.ts';

/** Where the keys are. */
export interface KeyPlace {
  list(): Promise<readonly KeyState[]>;
  create(request: KeyRequest & { readonly priority: Priority }): Promise<NewKey>;
  rotate(id: string, request: RotationRequest): Promise<NewKey>;
  revoke(id: string): Promise<KeyState>;
}

/** `command` is what stands before the action. The secret of a key goes to stdout, alone; all about it goes to stderr. */
export async function actOnKeys(
  command: string,
  place: KeyPlace,
  action: KeyAction,
  id: string,
  values: OptionValues,
): Promise<void> {
  const asJson = values['json'] === true;
  switch (action) {
    case 'list':
      return tell(await place.list(), asJson, (keys) => listText(keys, command));
    case 'create':
      return tellSecret(await place.create(keyRequestOf(values)), asJson);
    case 'rotate':
      return tellSecret(await place.rotate(id, rotationOf(values)), asJson);
    case 'revoke': {
      const revoked = await place.revoke(id);
      return tell(revoked, asJson, (key) => `key ${key.id} of tenant ${key.tenant} is revoked`);
    }
  }
}

const tell = <T>(what: T, asJson: boolean, textOf: (what: T) => string): void =>
  console.log(asJson ? JSON.stringify(what) : textOf(what));

function listText(keys: readonly KeyState[], command: string): string {
  if (keys.length === 0) return `no keys; ${command} create makes one`;
  const now = Date.now();
  const rows = keys.map((key) => [
    key.id,
    ...[key.tenant, key.roles.join(', '), key.models.join(', ')].map(printable),
    key.priority,
    dateOf(key.createdAt),
    key.lastUsedAt === undefined ? 'never' : minuteOf(key.lastUsedAt),
    stateOf(key, now),
    printable(key.note),
  ]);
  return table([['id', 'tenant', 'roles', 'models', 'priority', 'created', 'last used', 'state', 'note'], ...rows]);
}

function tellSecret({ key, text }: NewKey, asJson: boolean): void {
  console.log(asJson ? JSON.stringify({ ...key, key: text }) : text);
  const now = Date.now();
  console.error(
    `key ${key.id} of tenant ${key.tenant}: ${key.roles.join(', ')}; it ${stateOf(key, now)}; it is not shown again`,
  );
}

const dateOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const minuteOf = (ms: number): string => new Date(ms).toISOString().replace(/:\d\d\.\d+Z$/, 'Z');

function stateOf({ expiresAt, revokedAt, replacedUntil }: KeyState, now: number): string {
  if (revokedAt !== undefined) return `revoked ${dateOf(revokedAt)}`;
  const old = replacedUntil !== undefined && replacedUntil > now ? `, its old secret ${dateOf(replacedUntil)}` : '';
  if (expiresAt === undefined) return old ? `never expires${old}` : 'never expires';
  return `${expiresAt > now ? 'expires' : 'expired'} ${dateOf(expiresAt)}${old}`;
}
