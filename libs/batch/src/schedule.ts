/** When a batch runs by itself. The only file that imports the library of cron expressions. */
import { Cron } from 'croner';

export interface Schedule {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** Whose clock is meant, such as Europe/Berlin. */
  readonly timezone: string;
}

/** The first time after `after`; undefined where none comes. Milliseconds since the epoch. */
export function nextTime({ cron, timezone }: Schedule, after: number): number | undefined {
  return new Cron(cron, { timezone, paused: true }).nextRun(new Date(after))?.getTime();
}

/**
 * The last time after `after` and up to `now`; undefined where none was. Times that nobody was there for are not made up for one by one: the last of them is,
 * since all of them read the same input.
 */
export function dueTime(schedule: Schedule, after: number, now: number): number | undefined {
  const [last] = new Cron(schedule.cron, { timezone: schedule.timezone, paused: true }).previousRuns(
    1,
    new Date(now + 1),
  );
  const time = last?.getTime();
  return time !== undefined && time > after && time <= now ? time : undefined;
}
