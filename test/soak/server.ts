/** The process that a soak asks: a server of fake models, which says on request what it holds. */
import { abortReason, defaultLimits, type Infer } from '@sheaf/inference';
import { createServer } from '@sheaf/transport';
import { core, served } from '../../libs/transport/src/testing/fake-model.ts';

export interface Held {
  /** MiB, after a collection. */
  readonly heap: number;
  readonly resident: number;
  /** What keeps the event loop: sockets, timers and the like, and how many are sockets. */
  readonly handles: number;
  readonly sockets: number;
}

const mib = (bytes: number): number => bytes / 2 ** 20;

/** As the fake model's, which remembers who waited: here nobody is remembered. */
const infer: Infer = (request, context) => {
  if (request.model !== 'wait') return core(request, context);
  return new Promise((_, reject) => {
    context.signal.addEventListener('abort', () => reject(abortReason(context.signal)), { once: true });
  });
};

const server = await createServer(
  { name: 'soak', host: '127.0.0.1', port: 0, limits: defaultLimits, mesh: true },
  { ...served, infer, onJournal: () => {} },
);
server.open();
process.on('message', () => {
  // What the first one finalizes, the second one frees.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const held: Held = {
    heap: mib(heapUsed + external),
    resident: mib(rss),
    handles: resources.length,
    sockets: resources.filter((kind) => kind === 'TCPSocketWrap').length,
  };
  process.send?.(held);
});
process.send?.(server.port);
