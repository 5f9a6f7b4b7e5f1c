/** What a principal may do: ask models, read how things are, bring versions to the registry, report to it what was seen of rollouts, or change what is in force. Nobody may both ask and bring, report or change. */
export const roles = ['infer', 'observe', 'publish', 'report', 'admin'] as const;
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

/**
 * Stands in place of a principal where nobody has to be asked any more: a process of the mesh asks for itself or hands on what was let in and counted before,
 * or a server lets in whoever reaches it. Such a call sees and may do all, and no limit is about it; so it is set where a call is read or made, and never
 * assumed of one that says nothing. A symbol, so that no text of a caller can be it.
 */
export const trustedCaller: unique symbol = Symbol('trusted caller');
export type TrustedCaller = typeof trustedCaller;

/** What is known of who calls, for what reads of it and decides nothing; undefined for a trusted caller. */
export const knownPrincipal = (principal: Principal | TrustedCaller): Principal | undefined =>
  principal === trustedCaller ? undefined : principal;

/** Whether a name is one that its caller may see. What it may not see is not there. */
export function maySee(principal: Principal | TrustedCaller, name: string): boolean {
  return principal === trustedCaller || principal.models.some((pattern) => matchesPattern(pattern, name));
}

/** Whether its caller looks after the mesh, and so sees all of its inside, whatever models its credential names. */
export const seesInside = (principal: Principal | TrustedCaller): boolean =>
  principal === trustedCaller || principal.roles.includes('observe') || principal.roles.includes('admin');

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
