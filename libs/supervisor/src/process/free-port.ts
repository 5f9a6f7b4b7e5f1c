import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Systems hand out those above to whoever asks for any port (32768 and on for Linux, 49152 for others): what is free now would soon be somebody else's. */
const [lowest, highest] = [20_000, 32_000];
const triesMax = 100;

/** A port of this machine that nobody listens on, and that nobody gets by chance until it is used. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = randomInt(lowest, highest);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
  throw new Error(`no port of 127.0.0.1 from ${lowest} to ${highest} is free`);
}
