/** Cron expressions, as far as a folder is read. The only file of this room that imports the library. */
import { Cron } from 'croner';

/** What is wrong with an expression, in a sentence; undefined where nothing is. */
export function cronProblem(expression: string): string | undefined {
  const fields = expression.trim().split(/\s+/).length;
  if (fields !== 5 && !/^@\w+$/.test(expression.trim()))
    return `want a cron expression of five fields, such as 0 3 * * *, got "${expression}"`;
  try {
    const next = new Cron(expression, { paused: true }).nextRun();
    return next === null ? `want a time that comes, got "${expression}", which never does` : undefined;
  } catch (error) {
    return `want a cron expression, got "${expression}": ${error instanceof Error ? error.message : String(error)}`;
  }
}
