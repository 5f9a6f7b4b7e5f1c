/** The program of a trial: hears what it is to try, tries one candidate after the other, and tells what it finds. It holds nothing that anybody needs, and ends with its parent. */
import { Socket } from 'node:net';
import { sendLogTo } from '@sheaf/inference';
import { watchMemory } from '@sheaf/runtime';
import type { Found } from '../policy.ts';
import { channel, createLineReader, type Orders, shortened, type TrialMessage, writeLine } from './messages.ts';
import type { Tell } from './tell.ts';
import { tryCandidate } from './try-candidate.ts';

/** It can be past its memory for so long before it is noticed; what is asked for at once and is too much is refused by the system. */
const lookIntervalMs = 20;

// What the runtime logs is told by its errors.
sendLogTo(() => {});

const parent = new Socket({ fd: channel, readable: true, writable: true });
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
parent.once('close', kill).once('error', kill);
const send = (message: TrialMessage, onSent?: () => void): void => void parent.write(writeLine(message), onSent);

/** Ends this process, whatever its threads do in native code. */
function end(check: Found['check'], text: string, code?: Found['code']): Promise<never> {
  send({ found: { check, text, code } }, kill);
  return new Promise(() => {});
}

const tell: Tell = {
  step: (step) => send({ step }),
  found: (check, text, code) => send({ found: { check, text: shortened(text), code } }),
  facts: (facts) => send({ facts }),
  end,
};

async function run({ jobs, from, limits, memoryBytesMax }: Orders): Promise<void> {
  watchMemory({ maxBytes: memoryBytesMax, intervalMs: lookIntervalMs }, (bytes) => {
    const [limit, taken] = [memoryBytesMax, bytes].map((each) => `${Math.round(each / 2 ** 20)} MiB`);
    return end('memory', `it takes more memory than the ${limit} of a trial (${taken})`, 'RESOURCE_EXHAUSTED');
  });
  for (const [index, job] of jobs.entries()) {
    if (index < from) continue;
    send({ began: index });
    await tryCandidate(job, limits, tell);
    send({ done: process.resourceUsage().maxRSS * 1024 });
  }
  parent.end(kill);
}

const unforeseen = ({ message }: Error): Promise<never> =>
  end('process', shortened(`an error that nobody foresaw ended its trial: ${message.split('\n')[0]}`));

const read = createLineReader((orders) => void run(orders as Orders).catch(unforeseen));
parent.on('data', read);
