import { randomBytes } from 'node:crypto';
import { createApiKey } from '@sheaf/identity';
import { isPriority, isRole, type Priority, priorities, type Role, roles } from '@sheaf/inference';
import { tenantName } from '@sheaf/policies';
import type { ApiKey, State } from '@sheaf/store';
import { type Command, type OptionValues, textOf, UsageError } from '../command.ts';
import { hasPolicies, loginName, withState } from '../folder-state.ts';
import { table } from '../print.ts';

export const keys: Command = {
  usage: 'keys create|list|revoke ...',
  summary: 'API keys of a mesh folder, whether the mesh runs or not; a running one heeds them within a second',
  options: {
    tenant: { type: 'string' },
    role: { type: 'string', multiple: true },
    models: { type: 'string', multiple: true },
    priority: { type: 'string' },
    expires: { type: 'string' },
    note: { type: 'string' },
    json: { type: 'boolean' },
  },
  help: `  sheaf keys create [folder] --tenant <name>     prints the key, once: only its hash is kept
    --role <role>        ${roles.join(', ')}; may be repeated; infer unless given
    --models <patterns>  what is there for it, * for any characters, with commas or repeated; all unless given
    --priority <p>       the most important that its calls may be: ${priorities.join(', ')}; standard unless given
    --expires <time>     such as 30d, 12h or 90m; never unless given
    --note <text>        whose it is, for people
  sheaf keys list [folder]
  sheaf keys revoke <id> [folder]
  --json                 as JSON`,
  async run([action, ...positionals], values) {
    if (action !== 'revoke' && action !== 'create' && action !== 'list')
      throw new UsageError(
        action ? `there is no "sheaf keys ${action}"; want create, list or revoke` : `usage: sheaf ${keys.usage}`,
      );
    refuseForeign(action, values);
    const [id, folder = '.'] = action === 'revoke' ? positionals : [undefined, ...positionals];
    if (positionals.length > (action === 'revoke' ? 2 : 1))
      throw new UsageError(`sheaf keys ${action}: want one folder, got ${positionals.join(' ')}`);
    if (action === 'create') return create(folder, values);
    if (action === 'list') return withState(folder, (state) => list(state, values.json === true));
    if (!id) throw new UsageError('usage: sheaf keys revoke <id> [folder]; sheaf keys list tells the ids');
    return withState(folder, (state) => revoke(state, id));
  },
};

/** An option that would change nothing was meant for something else. */
function refuseForeign(action: string, values: OptionValues): void {
  const allowed = action === 'list' ? ['json'] : action === 'revoke' ? [] : Object.keys(keys.options);
  const wrong = Object.keys(values).find((name) => !allowed.includes(name));
  if (wrong !== undefined) throw new UsageError(`sheaf keys ${action} takes no --${wrong}`);
}

async function create(folder: string, values: OptionValues): Promise<void> {
  const tenant = textOf(values.tenant);
  if (!tenant) throw new UsageError('--tenant is missing: whom limits count the key for');
  if (!tenantName.pattern.test(tenant)) throw new UsageError(`--tenant: want ${tenantName.wish}, got "${tenant}"`);
  const now = Date.now();
  const expiresAt = expiryOf(textOf(values.expires), now);
  const grant = { tenant, roles: rolesOf(values.role), models: modelsOf(values.models), priority: priorityOf(values) };
  const { key, text } = createApiKey(randomBytes, grant, textOf(values.note) ?? '', now, expiresAt);
  await withState(folder, async (state) => {
    const { id, roles: given, models, priority, note } = key;
    const detail = JSON.stringify({ tenant, roles: given, models, priority, expiresAt, note }).slice(0, detailCharsMax);
    // First, so that there is no key without its entry.
    await state.audit.append({ at: now, actor: loginName(), action: 'keys.create', subject: id, detail });
    await state.keys.add(key);
  });
  if (values.json === true) {
    const { secretHash: _, revokedAt: __, ...told } = key;
    console.log(JSON.stringify({ ...told, key: text }));
  } else console.log(text);
  console.error(
    `key ${key.id} of tenant ${tenant}: ${key.roles.join(', ')}; it ${stateOf(key, now)}; it is not shown again`,
  );
  if (!(await hasPolicies(folder))) console.error(`${folder} has no policies.yaml: its door asks nobody for a key`);
}

const detailCharsMax = 4_096;

async function list(state: State, asJson: boolean): Promise<void> {
  const found = (await state.keys.list()).toSorted((a, b) => a.createdAt - b.createdAt);
  if (asJson) return console.log(JSON.stringify(found.map(({ secretHash: _, ...key }) => key)));
  if (found.length === 0) return console.log('no keys; sheaf keys create makes one');
  const now = Date.now();
  const rows = found.map((key) => [
    key.id,
    key.tenant,
    key.roles.join(', '),
    key.models.join(', '),
    key.priority,
    dateOf(key.createdAt),
    stateOf(key, now),
    key.note,
  ]);
  console.log(table([['id', 'tenant', 'roles', 'models', 'priority', 'created', 'state', 'note'], ...rows]));
}

async function revoke(state: State, id: string): Promise<void> {
  const key = (await state.keys.list()).find((one) => one.id === id);
  if (!key) throw new UsageError(`there is no key "${id}"; sheaf keys list tells those that are there`);
  if (key.revokedAt !== undefined) throw new UsageError(`key ${id} was revoked on ${dateOf(key.revokedAt)}`);
  const at = Date.now();
  const detail = JSON.stringify({ tenant: key.tenant });
  await state.audit.append({ at, actor: loginName(), action: 'keys.revoke', subject: id, detail });
  await state.keys.revoke(id, at);
  console.log(`key ${id} of tenant ${key.tenant} is revoked`);
}

const dateOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

function stateOf({ expiresAt, revokedAt }: ApiKey, now: number): string {
  if (revokedAt !== undefined) return `revoked ${dateOf(revokedAt)}`;
  if (expiresAt === undefined) return 'never expires';
  return `${expiresAt > now ? 'expires' : 'expired'} ${dateOf(expiresAt)}`;
}

function rolesOf(given: OptionValues[string]): readonly Role[] {
  const texts = (given ?? ['infer']) as string[];
  const wrong = texts.find((text) => !isRole(text));
  if (wrong !== undefined) throw new UsageError(`--role: want ${roles.join(', ')}, got "${wrong}"`);
  return [...new Set(texts as Role[])];
}

function modelsOf(given: OptionValues[string]): readonly string[] {
  const patterns = ((given ?? ['*']) as string[]).flatMap((text) => text.split(',')).map((text) => text.trim());
  const wrong = patterns.find((text) => !/^[A-Za-z0-9._*-]{1,128}$/.test(text));
  if (wrong !== undefined) throw new UsageError(`--models: want names, * for any characters, got "${wrong}"`);
  return patterns;
}

function priorityOf({ priority = 'standard' }: OptionValues): Priority {
  if (isPriority(priority)) return priority;
  throw new UsageError(`--priority: want ${priorities.join(', ')}, got "${priority}"`);
}

const unitMs = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 } as const;
const expiresMaxMs = 3_650 * unitMs.d;

function expiryOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,9})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * unitMs[(unit ?? 'd') as keyof typeof unitMs];
  if (ms > 0 && ms <= expiresMaxMs) return now + ms;
  throw new UsageError(`--expires: want a time such as 30d, 12h or 90m, at most 3650d, got "${text}"`);
}
