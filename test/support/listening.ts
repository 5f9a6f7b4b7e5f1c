/** Which ports processes listen on, as anybody on the machine can find out. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export const skipWithoutProc = process.platform === 'linux' ? false : 'only Linux tells it in files';

/** Processes that this one has started and that still run. */
export const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );

interface TcpSocket {
  readonly localPort: number;
  readonly remotePort: number;
  /** As the kernel writes it, in hexadecimal. */
  readonly state: string;
}
const [established, listening] = ['01', '0A'];

function socketsOf(pid: number): TcpSocket[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16);
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n'));
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    return inodes.has(inode) ? [{ localPort: portOf(local), remotePort: portOf(remote), state }] : [];
  });
}

/** The TCP ports that a process listens on. */
export const portsOf = (pid: number): number[] =>
  socketsOf(pid).flatMap(({ state, localPort }) => (state === listening ? [localPort] : []));

/** Whether a process has a connection to a port, wherever that is. */
export const isConnectedTo = (pid: number, port: number): boolean =>
  socketsOf(pid).some(({ state, remotePort }) => state === established && remotePort === port);
