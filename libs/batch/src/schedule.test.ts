import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dueTime, nextTime } from './schedule.ts';

const at = (text: string): number => Date.parse(text);
const iso = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();
const nightly = { cron: '30 2 * * *', timezone: 'Europe/Berlin' };

describe('a schedule', () => {
  it('goes by the clock of its zone, also where that is moved', () => {
    assert.equal(iso(nextTime(nightly, at('2026-01-10T12:00:00Z'))), '2026-01-11T01:30:00.000Z');
    assert.equal(iso(nextTime(nightly, at('2026-07-10T12:00:00Z'))), '2026-07-11T00:30:00.000Z');
    // There is no half past two on that night, and it runs all the same.
    const skipped = nextTime(nightly, at('2026-03-28T12:00:00Z'));
    assert.match(iso(skipped) ?? '', /^2026-03-29T/);
    // There are two of them on that one, and it runs once.
    const first = nextTime(nightly, at('2026-10-24T12:00:00Z'));
    assert.match(iso(first) ?? '', /^2026-10-25T0[01]:30/);
    assert.match(iso(nextTime(nightly, first ?? 0)) ?? '', /^2026-10-26T01:30/);
  });

  it('is due once for all times that nobody was there for', () => {
    const hourly = { cron: '0 * * * *', timezone: 'UTC' };
    assert.equal(
      iso(dueTime(hourly, at('2026-01-01T00:00:00Z'), at('2026-01-01T05:20:00Z'))),
      '2026-01-01T05:00:00.000Z',
    );
    assert.equal(dueTime(hourly, at('2026-01-01T05:00:00Z'), at('2026-01-01T05:20:00Z')), undefined);
    assert.equal(
      iso(dueTime(hourly, at('2026-01-01T05:00:00Z'), at('2026-01-01T06:00:00Z'))),
      '2026-01-01T06:00:00.000Z',
    );
  });

  it('that never comes again has no next time', () => {
    assert.equal(nextTime({ cron: '0 0 30 2 *', timezone: 'UTC' }, at('2026-01-01T00:00:00Z')), undefined);
  });
});
