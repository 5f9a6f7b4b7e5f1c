/** The PROXY protocol, version 1 and 2: a proxy says before all else whom a connection comes from (haproxy's doc/proxy-protocol.txt). */
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { plainAddress } from './caller-address.ts';

/** Which versions a server takes. */
export type ProxyProtocol = 'any' | 'v1' | 'v2';

export type ProxyHeader =
  | { readonly kind: 'more' }
  | { readonly kind: 'wrong'; readonly why: string }
  /** `length` bytes are the header. Without an `address` the proxy speaks for itself, as when it asks whether we are there. */
  | { readonly kind: 'whole'; readonly length: number; readonly address: string | undefined };

/** Of a header in text, with its end; what the protocol says is the longest. */
const textBytesMax = 107;
/** Of one in bytes, with what proxies add to the addresses. */
const binaryBytesMax = 4_096;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const head = 16;
const more: ProxyHeader = { kind: 'more' };
const wrong = (why: string): ProxyHeader => ({ kind: 'wrong', why });

/** Reads the header at the start of what has come so far. */
export function readProxyHeader(bytes: Buffer, versions: ProxyProtocol): ProxyHeader {
  const start = bytes.subarray(0, signature.length);
  if (versions !== 'v1' && start.equals(signature.subarray(0, start.length)))
    return bytes.length < head ? more : readBinary(bytes);
  const word = Buffer.from('PROXY ');
  const first = bytes.subarray(0, word.length);
  if (versions !== 'v2' && first.equals(word.subarray(0, first.length))) return readText(bytes);
  return wrong(`want a header of the PROXY protocol${versions === 'any' ? '' : `, ${versions}`}, got something else`);
}

function readText(bytes: Buffer): ProxyHeader {
  const line = bytes.subarray(0, textBytesMax).toString('latin1');
  const end = line.indexOf('\r\n');
  if (end < 0) return bytes.length < textBytesMax ? more : wrong(`want a header of at most ${textBytesMax} bytes`);
  const [, family, source = '', destination = '', ...ports] = line.slice(0, end).split(' ');
  const length = end + 2;
  if (family === 'UNKNOWN') return { kind: 'whole', length, address: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  const isPort = (port: string): boolean => /^\d{1,5}$/.test(port) && Number(port) < 65_536;
  const isGood = isAddress(source) && isAddress(destination) && ports.length === 2 && ports.every(isPort);
  if (!isGood) return wrong('want a PROXY line of TCP4 or TCP6, two addresses and two ports, got another');
  return { kind: 'whole', length, address: plainAddress(source) };
}

function readBinary(bytes: Buffer): ProxyHeader {
  const [version, command] = [(bytes[12] ?? 0) >> 4, (bytes[12] ?? 0) & 15];
  const [family, transport] = [(bytes[13] ?? 0) >> 4, (bytes[13] ?? 0) & 15];
  const length = head + bytes.readUInt16BE(14);
  if (version !== 2 || command > 1) return wrong('want version 2 and a command of 0 or 1, got another');
  if (length > binaryBytesMax) return wrong(`want a header of at most ${binaryBytesMax} bytes, got ${length}`);
  if (bytes.length < length) return more;
  const none: ProxyHeader = { kind: 'whole', length, address: undefined };
  // LOCAL, an address of a kind that is none of the net's, or a socket of the proxy's machine.
  if (command === 0 || family === 0 || family === 3) return none;
  const size = family === 1 ? 4 : 16;
  if (family > 3 || transport !== 1 || length < head + 2 * size + 4)
    return wrong('want two addresses of TCP over IPv4 or IPv6, got others');
  const source = bytes.subarray(head, head + size);
  return { kind: 'whole', length, address: family === 1 ? source.join('.') : plainAddress(ipv6Of(source)) };
}

/** As a URL has it: in its shortest form. */
function ipv6Of(bytes: Buffer): string {
  // What stands for an IPv4 address is told as that.
  if (bytes.subarray(0, 12).equals(mappedPrefix)) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex');

/** Takes the header off a socket that has just come; what follows it waits there. `done` may never be called, where the peer says nothing or leaves. */
export function takeProxyHeader(
  socket: Socket,
  versions: ProxyProtocol,
  done: (header: Exclude<ProxyHeader, { kind: 'more' }>) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    for (let chunk = socket.read() as Buffer | null; chunk; chunk = socket.read() as Buffer | null) {
      bytes = Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes, versions);
      if (header.kind === 'more') continue;
      socket.off('readable', onReadable);
      if (header.kind === 'whole' && bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
      done(header);
      return;
    }
  };
  socket.on('readable', onReadable);
}
