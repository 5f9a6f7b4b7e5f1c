import { run } from './run.ts';

try {
  await run(process.argv.slice(2));
} catch (error) {
  // Whatever stops a command is told in a sentence; a stack would only hide it.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
