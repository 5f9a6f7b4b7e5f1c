import { setTimeout } from 'node:timers/promises';
import { defaultLimits, tensorOf } from '@sheaf/inference';
import { createServer, type Server } from '@sheaf/transport';

const x = { name: 'x', datatype: 'FP32', shape: [-1, 64] } as const;

/** A server whose every model takes 20 ms and no CPU. */
export async function openSleeper(): Promise<Server> {
  const y = tensorOf('y', 'FP32', [1, 1], Float32Array.of(1));
  const server = await createServer(
    { name: 'sleeper', host: '127.0.0.1', port: 0, limits: defaultLimits },
    {
      infer: async ({ model }) => {
        await setTimeout(20);
        return { model, version: '1', parameters: new Map(), outputs: [y] };
      },
      describe: (name) => ({
        name,
        versions: ['1'],
        platform: 'sleeper',
        inputs: [x],
        outputs: [{ ...x, name: 'y', shape: [-1, 1] }],
      }),
      isReady: () => true,
      names: () => [],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
    },
  );
  server.open();
  return server;
}
