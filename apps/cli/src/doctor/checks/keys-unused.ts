import { type Check, finding, some } from '../finding.ts';

const newDays = 30;
const dayMs = 86_400_000;

export const keysUnused: Check = ({ gateway, now }) => {
  const unused = (gateway?.keys ?? []).filter(
    ({ lastUsedAtMs, createdAtMs, revokedAtMs, expiresAtMs }) =>
      lastUsedAtMs === 0 &&
      revokedAtMs === 0 &&
      now - createdAtMs > newDays * dayMs &&
      (expiresAtMs === 0 || expiresAtMs > now),
  );
  if (unused.length === 0) return [];
  return [
    finding(
      'note',
      `keys were never used since they were made, over ${newDays} days ago: ${some(unused.map(({ id }) => id))}`,
      'sheaf admin keys revoke <id>',
    ),
  ];
};
