/** Servers beside the mesh that it needs: whether a connection comes about from here. */
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Look } from '../look.ts';

type Peer = Look['peers'][number];

const connectMaxMs = 2_000;

export async function lookAtPeers(env: Readonly<NodeJS.ProcessEnv>): Promise<Peer[]> {
  const redis = env['REDIS_URL'] ?? textIn(env['REDIS_URL_FILE']);
  const collector = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const peers = [
    ...(redis ? [look('redis', redis, 6_379)] : []),
    ...(collector && env['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true' ? [look('collector', collector, 4_318)] : []),
  ];
  return Promise.all(peers);
}

/** A URL may have a password in it, so that only host and port are told. */
async function look(kind: Peer['kind'], url: string, portDefault: number): Promise<Peer> {
  if (!URL.canParse(url)) return { kind, place: 'its URL', problem: 'it is none' };
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === 'https:' ? 443 : protocol === 'http:' ? 80 : portDefault;
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usual };
  const problem = await connectProblem(place);
  return { kind, place: `${place.host}:${place.port}`, ...(problem === undefined ? {} : { problem }) };
}

const connectProblem = ({ host, port }: { host: string; port: number }): Promise<string | undefined> =>
  new Promise((tell) => {
    const socket = createConnection({ host, port, timeout: connectMaxMs }, () => done(undefined));
    const done = (problem: string | undefined): void => {
      socket.destroy();
      tell(problem);
    };
    socket.once('timeout', () => done(`no answer within ${connectMaxMs} ms`));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });

function textIn(file: string | undefined): string | undefined {
  try {
    return file ? readFileSync(file, 'utf8').trim() : undefined;
  } catch {
    return undefined;
  }
}
