/** What a principal may do: ask models, read how things are, or change them. Nobody may both ask and change. */
export const roles = ['infer', 'observe', 'admin'] as const;
export type Role = (typeof roles)[number];

export const isRole = (value: unknown): value is Role => roles.includes(value as Role);

/** How much a call matters, the most important first: what has to go goes from the end of this list. */
export const priorities = ['critical', 'standard', 'sheddable'] as const;
export type Priority = (typeof priorities)[number];

export const isPriority = (value: unknown): value is Priority => priorities.includes(value as Priority);

/** The less important of two. */
export const lessImportant = (a: Priority, b: Priority): Priority =>
  priorities.indexOf(a) > priorities.indexOf(b) ? a : b;

/** Who calls, as the server found out. */
export interface Principal {
  /** Names the credential in limits, logs and the audit trail, such as `key:q3f9...`, `jwt:https://issuer.example#alice`, `cert:reader`, `anonymous`; never a secret. */
  readonly id: string;
  /** Whom limits and caches are kept apart by. */
  readonly tenant: string;
  readonly roles: readonly Role[];
  /** Models and pipelines it may see and call: names, `*` stands for any run of characters. */
  readonly models: readonly string[];
  /** The most important that its calls may be; a caller may ask for less. */
  readonly priority: Priority;
  /** What a token or certificate told of it; routes and rules may read them. */
  readonly claims: Readonly<Record<string, string | number | boolean>>;
}

/** Whether a name is one that the principal may see. What it may not see is not there. */
export function maySee({ models }: Principal, name: string): boolean {
  return models.some((pattern) => matchesPattern(pattern, name));
}

/** `*` is any run of characters, everything else itself. Linear: the parts are looked for one after the other. */
export function matchesPattern(pattern: string, name: string): boolean {
  // What most patterns are; this is asked several times for each call.
  if (pattern === '*') return true;
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
