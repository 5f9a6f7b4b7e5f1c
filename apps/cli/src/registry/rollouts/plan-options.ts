/** The plan of a rollout, as it is typed: a file, options, or both, of which the options count. */
import { formatProblem, type MeshProblem, readYaml } from '@sheaf/mesh';
import { integerOf, type OptionValues, textOf, UsageError } from '../../command.ts';
import { numberOf } from '../typed.ts';

export const planOptions = {
  plan: { type: 'string' },
  steps: { type: 'string' },
  wait: { type: 'string' },
  calls: { type: 'string' },
  sticky: { type: 'string' },
  shadow: { type: 'string' },
} as const;

export const planHelp = `    --plan <file>        all that may be said of a rollout, as YAML: docs/roll-out.md
    --steps <percents>   shares of the calls, in order, such as 5,25,50
    --wait <time>        how long each step lasts at least, such as 10m
    --calls <n>          how many calls each version has to have in a step
    --sticky <key>       callers stay with their version by tenant, key, or this metadata, such as x-user; random: none does
    --shadow <percent>   so many of the calls are copied and compared first`;

export const shadowOptions = { plan: { type: 'string' }, percent: { type: 'string' } } as const;

export const shadowHelp = `    --plan <file>        all that may be said of a rollout, as YAML: docs/roll-out.md
    --percent <n>        so many of the calls are copied; 10 unless given`;

interface NamedVersions {
  readonly name: string;
  readonly versions: Readonly<Record<string, number>>;
}

/** `digits/4 digits/5`: versions of one name, with a weight of 1 each. */
export function versionsOf(words: readonly string[]): NamedVersions {
  const typed = words.map(numberOf);
  const [first = { name: '' }] = typed;
  const other = typed.find(({ name }) => name !== first.name);
  if (other) throw new UsageError(`want versions of one name, got ${first.name} and ${other.name}`);
  return { name: first.name, versions: Object.fromEntries(typed.map(({ version }) => [version, 1])) };
}

/** What the registry is sent; it says what is wrong with it. */
export async function canaryPlan(versions: NamedVersions['versions'], values: OptionValues): Promise<object> {
  const written = await planIn(textOf(values['plan']));
  const { steps, wait, sticky, shadow } = values;
  const calls = integerOf('calls', values['calls'], 1, 1_000_000_000);
  const limits = { ...(wait !== undefined && { wait }), ...(calls !== undefined && { calls }) };
  const shares =
    typeof steps === 'string' ? steps.split(',').map((percent) => ({ percent: Number(percent) })) : undefined;
  const planned = shares ?? (written['steps'] as readonly object[] | undefined) ?? usualSteps;
  return {
    ...written,
    versions,
    steps: Array.isArray(planned) ? planned.map((step: object) => ({ ...step, ...limits })) : planned,
    ...(typeof sticky === 'string' && { sticky: words.includes(sticky) ? sticky : { metadata: sticky } }),
    ...(typeof shadow === 'string' && {
      shadow: { ...(written['shadow'] as object | undefined), percent: Number(shadow), ...limits },
    }),
  };
}

const words = ['tenant', 'key', 'random'];
const usualSteps = [{ percent: 5 }, { percent: 25 }, { percent: 50 }];

/** The same without steps: it goes on until it is ended, or a guard ends it. */
export async function shadowPlan(versions: NamedVersions['versions'], values: OptionValues): Promise<object> {
  const written = await planIn(textOf(values['plan']));
  const percent = integerOf('percent', values['percent'], 1, 100);
  const shadow = { ...(written['shadow'] as object | undefined), ...(percent !== undefined && { percent }) };
  return { ...written, versions, shadow, steps: [] };
}

async function planIn(file: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (file === undefined) return {};
  const problems: MeshProblem[] = [];
  const yaml = await readYaml(file, file, problems);
  if (!yaml) throw new UsageError(problems.map(formatProblem).join('\n'));
  if (typeof yaml.value !== 'object' || yaml.value === null || Array.isArray(yaml.value))
    throw new UsageError(`${file}: want a mapping of shadow, steps, sticky, guards, falseAlarm`);
  return yaml.value as Readonly<Record<string, unknown>>;
}
