/** The breakers of a gateway, as a table; and which of them a command forces. */

import { printable, table } from '@sheaf/terminal';
import type { BreakerState, ForceBreakers } from '@sheaf/transport';
import { type OptionValues, textOf, UsageError } from './command.ts';

export const breakerOptions = {
  force: { type: 'string' },
  model: { type: 'string' },
  service: { type: 'string' },
  endpoint: { type: 'string' },
} as const;

const forces: Readonly<Record<string, ForceBreakers['to']>> = { open: 'open', closed: 'closed', auto: undefined };

/** Whether there is such a model, service or endpoint is for the gateway to say. */
export function forceOf(values: OptionValues): ForceBreakers {
  const force = textOf(values['force']);
  if (force === undefined || !Object.hasOwn(forces, force))
    throw new UsageError(`--force: want open, closed or auto, got ${force === undefined ? 'none' : `"${force}"`}`);
  const [service = '', endpoint = ''] = [textOf(values['service']), textOf(values['endpoint'])];
  const [model = '', version = '', ...more] = textOf(values['model'])?.split('/') ?? [];
  if (more.length > 0 || (version && !model))
    throw new UsageError(`--model: want <name> or <name>/<version>, got "${values['model']}"`);
  if (!service && !endpoint && !model) throw new UsageError('want one or more of --model, --service and --endpoint');
  return { service, endpoint, model, version, to: forces[force] };
}

export function breakerTable(breakers: readonly BreakerState[]): string {
  if (breakers.length === 0) return 'no breakers: nothing has been asked, and nothing is forced';
  const rows = breakers.map(
    ({ service, endpoint, model, version, state, since, calls, failures, trialAt, shutOut }) => [
      ...[version ? `${model}/${version}` : model, endpoint, service, state].map(printable),
      new Date(since).toISOString(),
      `${failures} of ${calls}`,
      trialAt === undefined ? '' : new Date(trialAt).toISOString(),
      printable(shutOut.join(', ')),
    ],
  );
  return table([['model', 'endpoint', 'service', 'state', 'since', 'failed', 'next trial', 'shut for'], ...rows]);
}
