/** `sheaf models` and `sheaf pipelines`: the same actions on entries of one kind. */
import { table } from '@sheaf/terminal';
import { type Command, type OptionValues, UsageError } from '../command.ts';
import { checkTyped, type EntryKind, type RegistryAction } from './action.ts';
import { actions } from './actions.ts';
import { placeHelp, placeOptions, withRegistry } from './place.ts';

export function registryCommand(kind: EntryKind): Command {
  const word = `${kind}s`;
  const own = Object.entries(actions).filter(([, { kinds }]) => kinds === undefined || kinds.includes(kind));
  return {
    usage: `${word} <action> ...`,
    summary: `versions of ${word}: ${own.map(([name]) => name).join(', ')}`,
    options: { ...Object.assign({}, ...own.map(([, { options }]) => options)), ...placeOptions },
    help: `${helpOf(own)}
  A version is a number, an alias such as champion, or a digest. To look wants the role observe where the registry is a server's, push
  the role publish, everything else admin.
${placeHelp}`,
    run: (words, values) => runAction(`sheaf ${word}`, kind, Object.fromEntries(own), words, values),
  };
}

function helpOf(own: readonly (readonly [string, RegistryAction])[]): string {
  return own
    .map(
      ([name, { usage, summary, help }]) =>
        `${table([[`  ${name} ${usage}`.padEnd(44), summary]])}${help ? `\n${help}` : ''}`,
    )
    .join('\n');
}

async function runAction(
  command: string,
  kind: EntryKind,
  own: Readonly<Record<string, RegistryAction>>,
  [name, ...words]: readonly string[],
  values: OptionValues,
): Promise<void> {
  const action = name !== undefined && Object.hasOwn(own, name) ? own[name] : undefined;
  if (name === undefined || !action)
    throw new UsageError(
      name
        ? `there is no "${command} ${name}"; want ${Object.keys(own).join(', ')}`
        : `usage: ${command} ${Object.keys(own).join('|')} ...`,
    );
  checkTyped(`${command} ${name}`, action, words, values, Object.keys(placeOptions));
  await withRegistry(kind, values, (place) => action.run(place, words, values));
}
