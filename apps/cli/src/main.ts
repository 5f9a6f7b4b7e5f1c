import { parseArgs } from 'node:util';
import { table } from '@sheaf/terminal';
import { type Command, UsageError } from './command.ts';
import { admin } from './commands/admin.ts';
import { certs } from './commands/certs.ts';
import { check } from './commands/check.ts';
import { explain } from './commands/explain.ts';
import { graph } from './commands/graph.ts';
import { infer } from './commands/infer.ts';
import { init } from './commands/init.ts';
import { keys } from './commands/keys.ts';
import { restart } from './commands/restart.ts';
import { test } from './commands/test.ts';
import { up } from './commands/up.ts';

const commands: Readonly<Record<string, Command>> = {
  init,
  check,
  test,
  up,
  restart,
  infer,
  explain,
  graph,
  keys,
  certs,
  admin,
};

const usage = `usage: sheaf <command>

${table(Object.values(commands).map((command) => [`  sheaf ${command.usage}`, command.summary]))}

A folder is the current one unless given. sheaf <command> --help tells more.`;

async function run([name, ...args]: readonly string[]): Promise<void> {
  if (name === '--help' || name === '-h') return console.log(usage);
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(name ? `there is no command "${name}"\n\n${usage}` : usage);
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

try {
  await run(process.argv.slice(2));
} catch (error) {
  // Whatever stops a command is told in a sentence; a stack would only hide it.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
