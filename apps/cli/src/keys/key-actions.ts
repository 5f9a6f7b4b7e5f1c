/** Lists, makes and revokes API keys and prints them, whether in the state of a folder or through a gateway. */
import { allKeys, type KeyCalls } from '@sheaf/admin';
import { printable, table } from '@sheaf/terminal';
import type { ApiKey, CreateKeyResponse } from '@sheaf/transport';
import type { OptionValues } from '../command.ts';
import { type KeyAction, keyRequestOf, rotationOf } from './key-options.ts';

/** `place` is where the keys are; `command` is what stands before the action. The secret of a key goes to stdout, alone; all about it goes to stderr. */
export async function actOnKeys(
  command: string,
  place: KeyCalls,
  action: KeyAction,
  id: string,
  values: OptionValues,
): Promise<void> {
  const asJson = values['json'] === true;
  switch (action) {
    case 'list':
      return tell(await allKeys(place), asJson, (keys) => listText(keys, command));
    case 'create':
      return tellSecret(await place.createKey(keyRequestOf(values)), asJson);
    case 'rotate':
      return tellSecret(await place.rotateKey({ id, ...rotationOf(values) }), asJson);
    case 'revoke': {
      const { key } = await place.revokeKey({ id });
      return tell(given(key), asJson, ({ id: own, tenant }) => `key ${own} of tenant ${tenant} is revoked`);
    }
  }
}

const tell = <T>(what: T, asJson: boolean, textOf: (what: T) => string): void =>
  console.log(asJson ? JSON.stringify(what) : textOf(what));

function listText(keys: readonly ApiKey[], command: string): string {
  if (keys.length === 0) return `no keys; ${command} create makes one`;
  const now = Date.now();
  const rows = keys.map((key) => [
    key.id,
    ...[key.tenant, key.roles.join(', '), key.models.join(', ')].map(printable),
    key.priority,
    dateOf(key.createdAtMs),
    key.lastUsedAtMs === 0 ? 'never' : minuteOf(key.lastUsedAtMs),
    stateOf(key, now),
    printable(key.note),
  ]);
  return table([['id', 'tenant', 'roles', 'models', 'priority', 'created', 'last used', 'state', 'note'], ...rows]);
}

function tellSecret({ key: made, text }: CreateKeyResponse, asJson: boolean): void {
  const key = given(made);
  console.log(asJson ? JSON.stringify({ ...key, key: text }) : text);
  const now = Date.now();
  console.error(
    `key ${key.id} of tenant ${key.tenant}: ${key.roles.join(', ')}; it ${stateOf(key, now)}; it is not shown again`,
  );
}

const dateOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const minuteOf = (ms: number): string => new Date(ms).toISOString().replace(/:\d\d\.\d+Z$/, 'Z');

function stateOf({ expiresAtMs, revokedAtMs, replacedUntilMs }: ApiKey, now: number): string {
  if (revokedAtMs !== 0) return `revoked ${dateOf(revokedAtMs)}`;
  const old = replacedUntilMs > now ? `, its old secret ${dateOf(replacedUntilMs)}` : '';
  if (expiresAtMs === 0) return `never expires${old}`;
  return `${expiresAtMs > now ? 'expires' : 'expired'} ${dateOf(expiresAtMs)}${old}`;
}

/** A message within a message may be missing. */
function given(key: ApiKey | null): ApiKey {
  if (key) return key;
  throw new Error('the gateway answered without a key');
}
