/** The breakers of a gateway, as a table; and which of them a command forces. */

import { printable, table } from '@sheaf/terminal';
import type { Breaker, ForceBreakersRequest } from '@sheaf/transport';
import { type OptionValues, textOf, UsageError } from '../../command.ts';
import type { AdminAction } from './action.ts';

export const breakers: AdminAction = {
  run: async (client, { json }) => {
    const { breakers: told } = await client.listBreakers({});
    console.log(json ? JSON.stringify(told) : breakerTable(told));
  },
};

export const breaker: AdminAction = {
  options: {
    force: { type: 'string' },
    model: { type: 'string' },
    service: { type: 'string' },
    endpoint: { type: 'string' },
  },
  run: async (client, values) => {
    const { breakers: forced } = await client.forceBreakers(forceOf(values));
    console.log(values['json'] ? JSON.stringify(forced) : breakerTable(forced));
  },
};

const forces: Readonly<Record<string, ForceBreakersRequest['to']>> = { open: 'OPEN', closed: 'CLOSED', auto: 'AUTO' };

/** Whether there is such a model, service or endpoint is for the gateway to say. */
function forceOf(values: OptionValues): ForceBreakersRequest {
  const force = textOf(values['force']);
  const to = force !== undefined && Object.hasOwn(forces, force) ? forces[force] : undefined;
  if (to === undefined)
    throw new UsageError(`--force: want open, closed or auto, got ${force === undefined ? 'none' : `"${force}"`}`);
  const [service = '', endpoint = ''] = [textOf(values['service']), textOf(values['endpoint'])];
  const [model = '', version = '', ...more] = textOf(values['model'])?.split('/') ?? [];
  if (more.length > 0 || (version && !model))
    throw new UsageError(`--model: want <name> or <name>/<version>, got "${values['model']}"`);
  if (!service && !endpoint && !model) throw new UsageError('want one or more of --model, --service and --endpoint');
  return { service, endpoint, model, version, to };
}

function breakerTable(told: readonly Breaker[]): string {
  if (told.length === 0) return 'no breakers: nothing has been asked, and nothing is forced';
  const rows = told.map(
    ({ service, endpoint, model, version, state, sinceMs, calls, failures, trialAtMs, shutOut }) => [
      ...[version ? `${model}/${version}` : model, endpoint, service, state].map(printable),
      new Date(sinceMs).toISOString(),
      `${failures} of ${calls}`,
      trialAtMs === 0 ? '' : new Date(trialAtMs).toISOString(),
      printable(shutOut.join(', ')),
    ],
  );
  return table([['model', 'endpoint', 'service', 'state', 'since', 'failed', 'next trial', 'shut for'], ...rows]);
}
