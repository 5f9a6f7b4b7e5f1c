/** In what two observations of the same bytes differ. */
import { errorCodes } from '@sheaf/http2';
import type { Observation, StreamSeen } from './peers.ts';

const names = new Map<number, string>(Object.entries(errorCodes).map(([name, code]) => [code, name]));
const nameOf = (code: number | 'gone' | undefined): string =>
  code === undefined ? 'open' : code === 'gone' ? 'gone' : (names.get(code) ?? String(code));

/** One line each, ours first; without numbers of streams, so that the same kind of difference is the same line. */
export function differences(ours: Observation, nodes: Observation): string[] {
  const found = ours.faults.map((fault) => `fault: ${fault}`);
  const ends = [nameOf(ours.end), nameOf(nodes.end)];
  if (ends[0] !== ends[1]) found.push(`connection: ${ends.join(' / ')}`);
  const isOpen = ours.end === undefined && nodes.end === undefined;
  const ids = new Set([...ours.streams.keys(), ...nodes.streams.keys(), ...ours.resets.keys(), ...nodes.resets.keys()]);
  for (const id of ids) found.push(...streamDifferences(id, ours, nodes, isOpen));
  return [...new Set(found)];
}

function streamDifferences(id: number, ours: Observation, nodes: Observation, isOpen: boolean): string[] {
  const [ourReset, nodesReset] = [ours.resets.get(id), nodes.resets.get(id)];
  const [our, node] = [ours.streams.get(id), nodes.streams.get(id)];
  const found: string[] = [];
  if (our?.headers && node?.headers && our.headers.join('\n') !== node.headers.join('\n')) found.push('headers');
  if (our && node && !isPrefix(our, node)) found.push('data');
  // What was told before a connection ended depends on when that was.
  if (!isOpen) return found;
  if (ourReset !== nodesReset)
    found.push(
      `reset: ${ourReset === undefined ? 'none' : nameOf(ourReset)} / ${nodesReset === undefined ? 'none' : nameOf(nodesReset)}`,
    );
  if (ourReset !== undefined || nodesReset !== undefined) return found;
  const [has, hasToo] = [our?.headers !== undefined, node?.headers !== undefined];
  if (has !== hasToo) found.push(`told: ${has} / ${hasToo}`);
  if (!has || !hasToo) return found;
  if (lengthOf(our) !== lengthOf(node)) found.push('length of the data');
  if (our?.isEnded !== node?.isEnded) found.push(`ended: ${our?.isEnded} / ${node?.isEnded}`);
  if (our?.trailers?.join('\n') !== node?.trailers?.join('\n')) found.push('trailers');
  return found;
}

const lengthOf = (seen: StreamSeen | undefined): number => Buffer.concat(seen?.data ?? []).length;

/** Whether what one was told begins with what the other was. */
function isPrefix(one: StreamSeen, other: StreamSeen): boolean {
  const [first, second] = [Buffer.concat(one.data), Buffer.concat(other.data)];
  const length = Math.min(first.length, second.length);
  return first.subarray(0, length).equals(second.subarray(0, length));
}
