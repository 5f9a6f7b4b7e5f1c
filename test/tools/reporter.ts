/** A reporter for node:test: failures in full, the files that took longest, the names of what failed, then one line that `npm run check` adds up. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** Files that took so long are told, at most so many. */
const [slowSeconds, slowestMax] = [10, 20];

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const seconds = new Map<string, number>();
  const failed: string[] = [];
  for await (const event of events) {
    if (event.type === 'test:stderr') yield event.data.message;
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, file, details, skip, nesting } = event.data;
    if (file && nesting === 0) seconds.set(file, (seconds.get(file) ?? 0) + details.duration_ms / 1_000);
    // The tests of a skipped suite are not told of, so it stands for them.
    if (skip !== undefined && skip !== false) {
      counts.skipped++;
      yield `skipped: ${name}${typeof skip === 'string' ? ` (${skip})` : ''}\n`;
    } else if (details.type === 'suite') continue;
    else if (event.type === 'test:pass') counts.passed++;
    else {
      counts.failed++;
      failed.push(`FAILED: ${file ? relative(process.cwd(), file) : ''}: ${name}\n`);
      const { cause } = event.data.details.error;
      yield `FAILED: ${name}\n  ${file ?? ''}\n${cause instanceof Error ? cause.stack : String(cause ?? event.data.details.error)}\n`;
    }
  }
  const slowest = [...seconds].filter(([, taken]) => taken >= slowSeconds).sort(([, one], [, other]) => other - one);
  for (const [file, taken] of slowest.slice(0, slowestMax))
    yield `${taken.toFixed(0)} s: ${relative(process.cwd(), file)}\n`;
  // Who keeps only the end of what was printed still has their names.
  yield* failed;
  yield `# sheaf-tests passed=${counts.passed} failed=${counts.failed} skipped=${counts.skipped}\n`;
}
