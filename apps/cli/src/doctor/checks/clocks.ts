import { type Check, finding } from '../finding.ts';

/** What happened later than now happened by another clock. */
const aheadMs = 5_000;

export const clocks: Check = ({ gateway, now }) => {
  const times = [
    ...(gateway?.breakers ?? []).map(({ sinceMs }) => sinceMs),
    ...(gateway?.keys ?? []).flatMap(({ createdAtMs, rotatedAtMs, lastUsedAtMs }) => [
      createdAtMs,
      rotatedAtMs,
      lastUsedAtMs,
    ]),
  ];
  const ahead = Math.max(0, ...times) - now;
  if (ahead <= aheadMs) return [];
  const seen = `the clock of the gateway is ${Math.round(ahead / 1_000)} s ahead of this one: keys and tokens count by it`;
  return [finding('warning', seen, 'timedatectl set-ntp true, on both machines')];
};
