import { isRole, type Role } from '@sheaf/inference';
import type { Grant } from './credentials.ts';

/** Characters of a tenant, a subject, a pattern or a claim. */
export const nameCharsMax = 256;

/** Something that may stand in a log line and in a metadata value: no control characters, nothing unseen. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= nameCharsMax && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value);

/** Management and inference want different credentials: one that leaks must not give both. */
export const mixesDuties = (roles: readonly Role[]): boolean => roles.includes('admin') && roles.includes('infer');

/** What is wrong with a grant that somebody wrote down; undefined when it is fine. */
export function grantProblem({ tenant, roles, models }: Grant): string | undefined {
  if (!isName(tenant)) return `tenant: want 1 to ${nameCharsMax} printable characters`;
  return rolesProblem(roles) ?? modelsProblem(models);
}

export function rolesProblem(roles: readonly Role[]): string | undefined {
  if (!roles.every(isRole)) return 'roles: want infer, observe or admin';
  return mixesDuties(roles) ? 'roles: want admin or infer, got both; make a credential for each' : undefined;
}

export function modelsProblem(models: readonly string[]): string | undefined {
  return models.every(isName) ? undefined : `models: want patterns of 1 to ${nameCharsMax} printable characters`;
}
