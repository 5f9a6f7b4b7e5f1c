/** Gives the same bytes to node:http2 and to ours, as server and as client, and tells where they differ and should not. */
import { preface } from '../../../libs/http2/src/frame-types.ts';
import { createRandom, pick, type Random } from '../random-message.ts';
import { differences } from './compare.ts';
import { type Conversation, clientConversations, serverConversations } from './conversations.ts';
import { chunksOf, damaged } from './damage.ts';
import { decode, encode, type Frame } from './frames.ts';
import { nodeClient, nodeServer, type Observation, ourClient, ourServer } from './peers.ts';
import { type Case, wanted } from './wanted.ts';

export interface DifferentialOptions {
  readonly seconds: number;
  readonly seed: number;
}

export interface DifferentialOutcome {
  /** Pairs of observations. */
  readonly cases: number;
  /** Those in which the two agreed in all. */
  readonly same: number;
  readonly faults: readonly string[];
}

/** New conversations are recorded after so many cases. */
const casesOfConversation = 200;
/** Of one run: whoever reads them has enough. */
const faultsMax = 20;

export async function runDifferential({ seconds, seed }: DifferentialOptions): Promise<DifferentialOutcome> {
  const random = createRandom(seed);
  const endAt = performance.now() + seconds * 1000;
  const faults: string[] = [];
  let [cases, same] = [0, 0];
  while (performance.now() < endAt && faults.length < faultsMax) {
    const said = { server: await clientConversations(random), client: await serverConversations(random) };
    for (let at = 0; at < casesOfConversation && performance.now() < endAt && faults.length < faultsMax; at++) {
      const role = random(2) === 0 ? 'server' : 'client';
      const { found, fault } = await tryOne(role, pick(random, said[role]), random);
      cases++;
      if (found === 0) same++;
      if (fault !== undefined) faults.push(`seed ${seed}, case ${cases}: ${fault}`);
    }
  }
  return { cases, same, faults };
}

const peers = { server: [ourServer, nodeServer], client: [ourClient, nodeClient] } as const;

async function tryOne(role: 'server' | 'client', { name, frames: right }: Conversation, random: Random) {
  const frames = damaged(right, random);
  const before = role === 'server' ? preface : Buffer.alloc(0);
  const chunks = chunksOf(before, frames, random);
  const [byOurs, byNode] = peers[role];
  const ours = await byOurs(chunks);
  const nodes = await byNode(chunks);
  const found = differences(ours, nodes);
  const one = caseOf(role, frames, ours);
  const unwanted = found.filter((line) => !wanted.some(({ difference, when }) => difference.test(line) && when(one)));
  const fault =
    unwanted.length === 0
      ? undefined
      : `${role}, told by ${name}: ${unwanted.join('; ')}${ours.why ? ` (${ours.why})` : ''}\n  ${frames.map(textOf).join(' ')}`;
  return { found: found.length, fault };
}

function caseOf(role: 'server' | 'client', frames: readonly Frame[], ours: Observation): Case {
  const bytes = Buffer.concat(frames.map(encode));
  const wireFrames = decode(bytes);
  const isCut = wireFrames.reduce((sum, { payload }) => sum + 9 + payload.length, 0) < bytes.length;
  return { role, frames, wireFrames, isCut, ours };
}

/** Type, flags, stream, length and, where it is short, payload. */
const textOf = ({ type, flags, id, payload, length = payload.length }: Frame): string =>
  `${type}/${flags}/${id}/${length}${payload.length <= 128 ? `:${payload.toString('hex')}` : ''}`;
