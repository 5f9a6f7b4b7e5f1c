/** `sheaf jobs`: inferences that are done later, at a running mesh. */
import { table } from '@sheaf/terminal';
import { connectJobs } from '@sheaf/transport';
import { withAdvice } from '../asking/advice.ts';
import { requestHelp } from '../asking/request.ts';
import { serverOf, serverOptions } from '../asking/server-options.ts';
import { type Command, type OptionValues, UsageError } from '../command.ts';
import type { JobsAction } from './action.ts';
import { actions } from './actions.ts';

const timeoutMs = 30_000;
const shared = { ...serverOptions, json: { type: 'boolean' } } as const;

export const jobs: Command = {
  usage: 'jobs <action> ...',
  summary: `inferences that are done later: ${Object.keys(actions).join(', ')}`,
  options: { ...Object.assign({}, ...Object.values(actions).map(({ options }) => options)), ...shared },
  help: `${Object.entries(actions)
    .map(
      ([name, { usage, summary, help }]) =>
        `${table([[`  ${name} ${usage}`.padEnd(44), summary]])}${help ? `\n${help}` : ''}`,
    )
    .join('\n')}
  --json               what is told as JSON
${requestHelp}`,
  run: runAction,
};

async function runAction([name, ...words]: readonly string[], values: OptionValues): Promise<void> {
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action)
    throw new UsageError(
      name
        ? `there is no "sheaf jobs ${name}"; want ${Object.keys(actions).join(', ')}`
        : `usage: sheaf jobs ${Object.keys(actions).join('|')} ...`,
    );
  checkTyped(`sheaf jobs ${name}`, action, words, values);
  const asked = serverOf(values);
  const { jobs: calls, close } = connectJobs(asked.address, { ...asked, timeoutMs });
  try {
    await action.run(calls, words, values);
  } catch (error) {
    throw withAdvice(error, asked);
  } finally {
    close();
  }
}

function checkTyped(
  command: string,
  { usage, options = {}, words: [least, most] }: JobsAction,
  words: readonly string[],
  values: OptionValues,
): void {
  if (words.length < least || words.length > most) throw new UsageError(`usage: ${command}${usage && ` ${usage}`}`);
  const wrong = Object.keys(values).find((name) => !Object.hasOwn(shared, name) && !Object.hasOwn(options, name));
  if (wrong !== undefined) throw new UsageError(`${command} takes no --${wrong}`);
}
