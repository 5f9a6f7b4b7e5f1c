/** The requests and callers that a gateway holds in quarantine, and how they are let go. */
import { printable, table } from '@sheaf/terminal';
import { type OptionValues, UsageError } from '../../command.ts';
import type { AdminAction } from './action.ts';

export const quarantine: AdminAction = {
  options: { clear: { type: 'string' } },
  run: async (client, { json, clear }) => {
    if (clear !== undefined) {
      const { cleared } = await client.clearQuarantine({ digest: clear === 'all' ? '' : digestOf(clear) });
      return console.log(json ? JSON.stringify({ cleared }) : `${cleared} let go`);
    }
    const { requests, offenders } = await client.listQuarantine({});
    if (json) return console.log(JSON.stringify([...requests, ...offenders]));
    if (requests.length + offenders.length === 0) return console.log('nothing is in quarantine');
    const rows = requests.map(({ model, version, digest, refused, untilMs }) => [
      ...[version ? `${model}/${version}` : model, digest].map(printable),
      refused ? 'refused' : 'runs alone',
      new Date(untilMs).toISOString(),
    ]);
    const callers = offenders.map(({ service, caller, ends, slowedUntilMs, untilMs }) => [
      ...[`service ${service}`, caller].map(printable),
      slowedUntilMs === 0
        ? `runs alone (${ends} ends)`
        : `refused until ${new Date(slowedUntilMs).toISOString()} (${ends} ends)`,
      new Date(untilMs).toISOString(),
    ]);
    console.log(table([['model', 'digest', 'next time', 'until'], ...rows, ...callers]));
  },
};

function digestOf(text: OptionValues[string]): string {
  if (typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)) return text;
  throw new UsageError(`--clear: want a digest of 64 hex digits or all, got "${text}"`);
}
