import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCollector } from './collector.ts';
import { createProcessors } from './exporters.ts';

describe('what spans wait for', () => {
  it('is the usual where a variable says what no timer can take, which is told', () => {
    const told: string[] = [];
    for (const given of ['4294967296', 'Infinity', '-1', 'soon'])
      createProcessors(
        ['none'],
        { OTEL_BSP_SCHEDULE_DELAY: given },
        createCollector(() => {}),
        (line) => told.push(line),
      );
    assert.deepEqual(
      told.filter((line) => line.startsWith('OTEL_BSP')),
      ['4294967296', 'Infinity', '-1', 'soon'].map(
        (given) => `OTEL_BSP_SCHEDULE_DELAY: want a number above 0, at most 2147483647, got "${given}"; 500 is taken`,
      ),
    );
  });
});
