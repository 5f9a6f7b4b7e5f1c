import { printable, table } from '@sheaf/terminal';
import type { AdminAction } from './action.ts';

export const limits: AdminAction = {
  run: async (client, { json }) => {
    const { limits: told } = await client.getLimits({});
    if (json) return console.log(JSON.stringify(told));
    if (told.length === 0) return console.log('no limits');
    const rows = told.flatMap(({ name, policy, buckets }) =>
      buckets.length === 0
        ? [[name, policy, '(not used lately)', '', '']]
        : buckets.map(({ whose, remaining, resetMs }) => [
            name,
            policy,
            owner(whose),
            count(remaining),
            duration(resetMs),
          ]),
    );
    console.log(table([['limit', 'policy', 'whose', 'remaining', 'full again in'], ...rows]));
  },
};

const owner = (whose: Readonly<Record<string, string>>): string =>
  Object.entries(whose)
    // The id of an API key begins with what it is.
    .map(([dimension, value]) => printable(`${dimension} ${dimension === 'key' ? value.replace(/^key:/, '') : value}`))
    .join(', ') || 'everybody';

const count = (value: number): string => String(Math.round(value * 100) / 100);

function duration(ms: number): string {
  if (ms <= 0) return '';
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
