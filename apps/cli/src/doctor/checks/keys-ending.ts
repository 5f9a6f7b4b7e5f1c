import { type Check, finding, some } from '../finding.ts';

const soonMs = 7 * 86_400_000;

export const keysEnding: Check = ({ gateway, now }) => {
  const ending = (gateway?.keys ?? []).filter(
    ({ expiresAtMs, revokedAtMs, lastUsedAtMs }) =>
      revokedAtMs === 0 && lastUsedAtMs > 0 && expiresAtMs > now && expiresAtMs - now < soonMs,
  );
  if (ending.length === 0) return [];
  return [
    finding(
      'warning',
      `keys that are used end within 7 days: ${some(ending.map(({ id }) => id))}`,
      'sheaf admin keys rotate <id> --overlap 24h',
    ),
  ];
};
