import { printable } from '@sheaf/terminal';
import { run } from './run.ts';

const words = process.argv.slice(2);
try {
  await run(words);
} catch (error) {
  // Whatever stops a command is told in a sentence; a stack would only hide it.
  const message = error instanceof Error ? error.message : String(error);
  if (wantsJson(words)) await tellAsJson(message);
  // Line by line, since some have several: what a server or a transform says may move a cursor otherwise.
  else console.error(message.split('\n').map(printable).join('\n'));
  process.exitCode = 2;
}

/** Whether this is a mesh whose log is read by a program, as it was meant: the command line may be what is wrong. */
function wantsJson([command, ...rest]: readonly string[]): boolean {
  if (command !== 'up') return false;
  const at = rest.findIndex((word) => /^--log(=|$)/.test(word));
  const [, written = rest[at + 1]] = (rest[at] ?? '').split('=');
  return (at === -1 ? process.env['SHEAF_LOG'] : written) === 'json';
}

/** What kept the log from being opened is a line of it all the same. */
async function tellAsJson(message: string): Promise<void> {
  const [{ openLog }, { log }] = await Promise.all([import('@sheaf/host'), import('@sheaf/inference')]);
  await openLog('sheaf', 'json');
  log('mesh.failed', message);
}
