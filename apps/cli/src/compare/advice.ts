/** What the figures of a comparison speak for, with the reasons. */
import { type Comparison, shownMs, shownRate, type Way, type WayFigures } from './figures.ts';

/** Less than this is not worth another way of serving. */
const worthwhile = 1.25;
/** What a person feels as at once, in milliseconds. */
const atOnceMs = 100;

const times = (factor: number): string => `${factor >= 10 ? factor.toFixed(0) : factor.toFixed(1)} times`;

/** One sentence for each way, the first the one to begin with. */
export function adviceOn({ name, figures }: Comparison): readonly string[] {
  const of = (way: Way): WayFigures => figures.find((one) => one.way === way) as WayFigures;
  const [online, asynchronous, batch] = [of('online'), of('asynchronous'), of('batch')];
  return [beginWith(name, online, asynchronous), onJobs(online, asynchronous), onBatches(online, batch)];
}

function beginWith(name: string, online: WayFigures, asynchronous: WayFigures): string {
  const rate = shownRate(online.rowsPerSecond);
  if (online.p99Ms <= atOnceMs)
    return `Serve ${name} online to begin with: 99 of 100 answers are there in ${shownMs(online.p99Ms)}, up to ${rate} on this machine.`;
  return `Serve ${name} asynchronously where a person waits: a call takes up to ${shownMs(online.p99Ms)}, and a job is taken at once and answered in ${shownMs(asynchronous.p50Ms)}; online where its caller is a program that has the time, up to ${rate}.`;
}

function onJobs(online: WayFigures, asynchronous: WayFigures): string {
  const added = asynchronous.p50Ms - online.p50Ms;
  const price = added > 0 ? `an answer comes ${shownMs(added)} later` : 'an answer comes no later';
  return `Submit jobs where more than ${shownRate(online.rowsPerSecond)} come at once, or an answer must not be lost when its caller is: they wait on the disk instead of being refused, and ${price} (${shownRate(asynchronous.rowsPerSecond)}).`;
}

function onBatches(online: WayFigures, batch: WayFigures): string {
  const faster = online.p99Ms / batch.p99Ms;
  const cheaper =
    online.cpuMsPerRow === undefined || batch.cpuMsPerRow === undefined ? 1 : online.cpuMsPerRow / batch.cpuMsPerRow;
  const gains = [
    ...(faster >= worthwhile ? [`a look-up is ${times(faster)} as fast (${shownMs(batch.p99Ms)})`] : []),
    ...(cheaper >= worthwhile
      ? [`a row costs ${shownMs(batch.cpuMsPerRow ?? 0)} of CPU instead of ${shownMs(online.cpuMsPerRow ?? 0)}`]
      : []),
  ];
  if (gains.length === 0)
    return 'A batch gains little here: a look-up is hardly faster than a call, and a row costs about as much CPU.';
  return `Run a batch where what will be asked is known before and may be as old as the last run: ${gains.join(', and ')}.`;
}
