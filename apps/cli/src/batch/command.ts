/** `sheaf batch`: has the rows of a table answered, and keeps the answers. */
import { openWork, type WorkOptions } from '@sheaf/jobs';
import { table } from '@sheaf/terminal';
import { serverHelp, serverOf, serverOptions } from '../asking/server-options.ts';
import { type Command, textOf, UsageError } from '../command.ts';
import { checkMeshFolder } from '../folder-state.ts';
import { checkTyped } from '../registry/action.ts';
import { actions } from './actions.ts';

/** `--key` is the column here: an API key comes from a file or the environment. */
const { key: _, ...gatewayOptions } = serverOptions;
const shared = { folder: { type: 'string' }, json: { type: 'boolean' }, ...gatewayOptions } as const;
const gatewayHelp = serverHelp
  .split('\n')
  .filter((line) => !line.startsWith('  --key '))
  .join('\n');

export const batch: Command = {
  usage: 'batch <action> ...',
  summary: `have the rows of a table answered by a pipeline: ${Object.keys(actions).join(', ')}`,
  options: { ...Object.assign({}, ...Object.values(actions).map(({ options }) => options)), ...shared },
  help: `${Object.entries(actions)
    .map(
      ([name, { usage, summary, help }]) =>
        `${table([[`  ${name} ${usage}`.padEnd(40), summary]])}${help ? `\n${help}` : ''}`,
    )
    .join('\n')}
  A batch is known by its id, or by the end of it. The mesh that runs from the folder does the work; the commands read and write
  what it keeps, in the folder or in the Postgres of DATABASE_URL.
  --folder <folder>    of the mesh, the current one unless given
  --json               as JSON: times are milliseconds since the epoch
The latency of online calls, beside a batch that runs, is told by the gateway at:
${gatewayHelp}`,
  async run([name, ...words], values) {
    const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (name === undefined || !action)
      throw new UsageError(
        name
          ? `there is no "sheaf batch ${name}"; want ${Object.keys(actions).join(', ')}`
          : `usage: sheaf batch ${Object.keys(actions).join('|')} ...`,
      );
    checkTyped(`sheaf batch ${name}`, action, words, values, Object.keys(shared));
    const folder = textOf(values['folder']) ?? '.';
    await checkMeshFolder(folder);
    const databaseUrl = process.env['DATABASE_URL'];
    const options: WorkOptions & { readonly databaseUrl?: string } = { ...(databaseUrl && { databaseUrl }) };
    const work = await openWork(folder, options);
    try {
      await action.run({ work, folder, asked: serverOf({ ...values, key: undefined }) }, words, values);
    } finally {
      await work.close();
    }
  },
};
