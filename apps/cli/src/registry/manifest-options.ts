/** What is said of a version as it is pushed. */
import type { ManifestMessage } from '@sheaf/transport';
import { pairs } from '../asking/server-options.ts';
import { type OptionValues, textOf, UsageError } from '../command.ts';
import { momentOf } from './typed.ts';

export const manifestOptions = {
  label: { type: 'string', multiple: true },
  metric: { type: 'string', multiple: true },
  parent: { type: 'string' },
  producer: { type: 'string' },
  'trained-from': { type: 'string' },
  'trained-to': { type: 'string' },
  'feature-view': { type: 'string' },
} as const;

export const manifestOptionsHelp = `    --label k=v          may be repeated, as may --metric accuracy=0.97: what was measured of it before
    --parent <digest>    the version that it was made from
    --producer <text>    what made it
    --trained-from <time>, --trained-to <time>, --feature-view <name>  what it was trained on`;

/** All of these are part of what the version is: the same files with other labels are another version. */
export function saidOf(values: OptionValues): Partial<Omit<ManifestMessage, 'files'>> {
  const [from, to] = [values['trained-from'], values['trained-to']];
  if ((from === undefined) !== (to === undefined)) throw new UsageError('--trained-from and --trained-to go together');
  const [parent, producer, featureView] = ['parent', 'producer', 'feature-view'].map((name) => textOf(values[name]));
  return {
    labels: Object.fromEntries(pairs('label', values['label'])),
    metrics: Object.fromEntries(pairs('metric', values['metric']).map(([name, text]) => [name, numberOf(name, text)])),
    ...(parent && { parent }),
    ...(producer && { producer }),
    ...(featureView && { featureView }),
    ...(from !== undefined && {
      trainingWindow: { fromMs: momentOf('trained-from', from), toMs: momentOf('trained-to', to) },
    }),
  };
}

function numberOf(name: string, text: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`--metric: want a number for ${name}, got "${text}"`);
}
