/** The options that describe a key on the command line, wherever it is made. */
import { overlapDaysMax, tenantName } from '@sheaf/identity';
import { isPriority, isRole, type Priority, priorities, type Role, roles } from '@sheaf/inference';
import type { CreateKeyRequest, RotateKeyRequest } from '@sheaf/transport';
import { type OptionValues, textOf, UsageError } from '../command.ts';

export const keyOptions = {
  tenant: { type: 'string' },
  role: { type: 'string', multiple: true },
  models: { type: 'string', multiple: true },
  priority: { type: 'string' },
  expires: { type: 'string' },
  note: { type: 'string' },
  overlap: { type: 'string' },
} as const;

export const keyHelp = `  create:
    --tenant <name>      whom limits count the key for
    --role <role>        ${roles.join(', ')}; may be repeated; infer unless given
    --models <patterns>  what is there for it, * for any characters, with commas or repeated; all unless given
    --priority <p>       the most important that its calls may be: ${priorities.join(', ')}; standard unless given
    --expires <time>     such as 30d, 12h or 90m; never unless given, where policies.yaml allows that
    --note <text>        whose it is, for people
  rotate: a new secret, printed once; the old one counts on until the overlap is over, one before that no more
    --overlap <time>     24h unless given; 0m ends the old secret at once; at most ${overlapDaysMax}d
    --expires <time>     as long as it had been given before, unless given`;

const allowed = {
  list: [],
  create: ['tenant', 'role', 'models', 'priority', 'expires', 'note'],
  rotate: ['overlap', 'expires'],
  revoke: [],
} as const satisfies Record<string, readonly (keyof typeof keyOptions)[]>;

export type KeyAction = keyof typeof allowed;
export const keyActions = Object.keys(allowed) as readonly KeyAction[];

export const isKeyAction = (text: string | undefined): text is KeyAction =>
  text !== undefined && Object.hasOwn(allowed, text);

/** An option that would change nothing was meant for something else. `command` is what stands before the action. */
export function checkKeyOptions(command: string, action: KeyAction, values: OptionValues): void {
  const own: readonly string[] = allowed[action];
  const wrong = Object.keys(keyOptions).find((name) => values[name] !== undefined && !own.includes(name));
  if (wrong !== undefined) throw new UsageError(`${command} ${action} takes no --${wrong}`);
}

export function keyRequestOf(values: OptionValues): CreateKeyRequest {
  const tenant = textOf(values['tenant']);
  if (!tenant) throw new UsageError('--tenant is missing: whom limits count the key for');
  if (!tenantName.pattern.test(tenant)) throw new UsageError(`--tenant: want ${tenantName.expected}, got "${tenant}"`);
  return {
    tenant,
    roles: rolesOf(values['role']),
    models: modelsOf(values['models']),
    priority: priorityOf(values),
    note: textOf(values['note']) ?? '',
    expiresInMs: spanOf('expires', values['expires'], 1, expiresDaysMax) ?? 0,
  };
}

export const rotationOf = (values: OptionValues): Omit<RotateKeyRequest, 'id'> => ({
  overlapMs: spanOf('overlap', values['overlap'], 0, overlapDaysMax) ?? unitMs.d,
  expiresInMs: spanOf('expires', values['expires'], 1, expiresDaysMax) ?? 0,
});

function rolesOf(given: OptionValues[string]): Role[] {
  const texts = (given ?? ['infer']) as string[];
  const wrong = texts.find((text) => !isRole(text));
  if (wrong !== undefined) throw new UsageError(`--role: want ${roles.join(', ')}, got "${wrong}"`);
  return [...new Set(texts as Role[])];
}

function modelsOf(given: OptionValues[string]): string[] {
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
const expiresDaysMax = 3_650;

export function spanOf(
  name: string,
  value: OptionValues[string],
  countMin: number,
  daysMax: number,
): number | undefined {
  if (value === undefined) return undefined;
  const [, count, unit] = /^(\d{1,9})([mhd])$/.exec(String(value)) ?? [];
  const ms = Number(count) * unitMs[(unit ?? 'd') as keyof typeof unitMs];
  if (Number(count) >= countMin && ms <= daysMax * unitMs.d) return ms;
  throw new UsageError(`--${name}: want a time such as 30d, 12h or 90m, at most ${daysMax}d, got "${value}"`);
}
