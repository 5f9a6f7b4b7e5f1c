import { printable } from '@sheaf/terminal';
import { run } from './run.ts';

try {
  await run(process.argv.slice(2));
} catch (error) {
  // Whatever stops a command is told in a sentence; a stack would only hide it.
  const message = error instanceof Error ? error.message : String(error);
  // Line by line, since some have several: what a server or a transform says may move a cursor otherwise.
  console.error(message.split('\n').map(printable).join('\n'));
  process.exitCode = 2;
}
