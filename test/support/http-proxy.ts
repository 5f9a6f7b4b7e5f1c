/** An HTTP proxy that remembers what it was asked for. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface RecordingProxy extends AsyncDisposable {
  /** As `http_proxy` has it. */
  readonly url: string;
  /** The first line of each connection, such as `CONNECT triton:8001 HTTP/1.1`. */
  readonly asked: readonly string[];
}

/** `hosts` are names that nobody else knows, and the ports of this machine that they lead to. */
export async function startRecordingProxy(hosts: Readonly<Record<string, number>> = {}): Promise<RecordingProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const hold = (socket: Socket): void => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  };
  const server = createServer((client) => {
    hold(client);
    client.once('data', (head) => {
      const [line = ''] = head.toString('latin1').split('\r\n', 1);
      asked.push(line);
      const [, host = '', port = ''] = /^CONNECT ([^ ]+):(\d+) /.exec(line) ?? [];
      const upstream = connect(hosts[host] ?? Number(port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      hold(upstream);
      upstream.once('error', () => client.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
