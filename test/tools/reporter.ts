/** A reporter for node:test: failures in full, then one line that `npm run check` adds up. */
import type { TestEvent } from 'node:test/reporters';

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of events) {
    if (event.type === 'test:stderr') yield event.data.message;
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, file, details, skip } = event.data;
    // The tests of a skipped suite are not told of, so it stands for them.
    if (skip !== undefined && skip !== false) {
      counts.skipped++;
      yield `skipped: ${name}${typeof skip === 'string' ? ` (${skip})` : ''}\n`;
    } else if (details.type === 'suite') continue;
    else if (event.type === 'test:pass') counts.passed++;
    else {
      counts.failed++;
      const { cause } = event.data.details.error;
      yield `FAILED: ${name}\n  ${file ?? ''}\n${cause instanceof Error ? cause.stack : String(cause ?? event.data.details.error)}\n`;
    }
  }
  yield `# sheaf-tests passed=${counts.passed} failed=${counts.failed} skipped=${counts.skipped}\n`;
}
