import { parseArgs } from 'node:util';
import { table } from '@sheaf/terminal';
import { type Command, UsageError } from './command.ts';

/** A command is read when it is asked for: some want many libraries, and whoever asks for others does not wait for these. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./commands/init.ts')).init,
  check: async () => (await import('./commands/check.ts')).check,
  test: async () => (await import('./commands/test.ts')).test,
  up: async () => (await import('./commands/up.ts')).up,
  restart: async () => (await import('./commands/restart.ts')).restart,
  infer: async () => (await import('./commands/infer.ts')).infer,
  jobs: async () => (await import('./commands/jobs.ts')).jobs,
  explain: async () => (await import('./commands/explain.ts')).explain,
  graph: async () => (await import('./commands/graph.ts')).graph,
  keys: async () => (await import('./commands/keys.ts')).keys,
  models: async () => (await import('./commands/models.ts')).models,
  pipelines: async () => (await import('./commands/pipelines.ts')).pipelines,
  batch: async () => (await import('./commands/batch.ts')).batch,
  certs: async () => (await import('./commands/certs.ts')).certs,
  top: async () => (await import('./commands/top.ts')).top,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  admin: async () => (await import('./commands/admin.ts')).admin,
};

async function usage(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  return `usage: sheaf <command>

${table(all.map((command) => [`  sheaf ${command.usage}`, command.summary]))}

A folder is the current one unless given. sheaf <command> --help tells more.`;
}

/** Runs `sheaf` with these arguments; throws what is wrong as an Error with a sentence. */
export async function run([name, ...args]: readonly string[]): Promise<void> {
  if (name === '--help' || name === '-h') return console.log(await usage());
  const load = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) throw new UsageError(`${name ? `there is no command "${name}"\n\n` : ''}${await usage()}`);
  const command = await load();
  const { values, positionals } = parseArgs({
    args: withNegative(args),
    allowPositionals: true,
    options: { ...command.options, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    const { usage: line, summary, help = '' } = command;
    return console.log(`usage: sheaf ${line}\n\n${summary}${help && `\n\n${help}`}`);
  }
  await command.run(positionals, values);
}

/** `--after -1` is a value that is wrong, as its option tells, and not an option "1". */
function withNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1) ?? '';
    if (/^-\d/.test(arg) && /^--[a-z-]+$/.test(before)) joined.splice(-1, 1, `${before}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}
