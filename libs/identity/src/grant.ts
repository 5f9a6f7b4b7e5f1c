import { isRole, type Role } from '@sheaf/inference';
import type { Grant } from './credentials.ts';

/** Characters of a tenant, a subject, a pattern or a claim. */
export const nameCharsMax = 256;

/** Something that may stand in a log line and in a metadata value: no control characters, nothing unseen. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= nameCharsMax && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value);

/** Roles that bring or change something, or that what is changed goes by. */
const changing: readonly Role[] = ['admin', 'publish', 'report'];

/** Management and inference want different credentials: one that leaks must not give both. Answers the role that does not go with `infer`. */
export const mixedDuty = (roles: readonly Role[]): Role | undefined =>
  roles.includes('infer') ? changing.find((role) => roles.includes(role)) : undefined;

/** What is wrong with a grant that somebody wrote down; undefined when it is fine. */
export function grantProblem({ tenant, roles, models }: Grant): string | undefined {
  if (!isName(tenant)) return `tenant: want 1 to ${nameCharsMax} printable characters`;
  return rolesProblem(roles) ?? modelsProblem(models);
}

export function rolesProblem(roles: readonly Role[]): string | undefined {
  if (!roles.every(isRole)) return 'roles: want infer, observe, publish, report or admin';
  const mixed = mixedDuty(roles);
  return mixed && `roles: want ${mixed} or infer, got both; make a credential for each`;
}

export function modelsProblem(models: readonly string[]): string | undefined {
  return models.every(isName) ? undefined : `models: want patterns of 1 to ${nameCharsMax} printable characters`;
}
