/** Who calls the mesh, and with what: callers that are good, refused, mistaken, late, and that leave. */
import { type Tensor, tensorOf } from '@sheaf/inference';
import { requestFrame } from '../../bench/load.ts';
import { type Asked, headBytes } from './call.ts';
import type { Counted } from './ledger.ts';
import type { SoakedMesh, Tenant } from './mesh.ts';

/** A call to be made, and what it should be counted as. */
export interface Work extends Asked {
  readonly counted: Counted;
}

/** Makes the next call of a caller. `random` gives integers below what it is given. */
export type Caller = (random: (below: number) => number) => Work;

export const inferMethod = 'inference.GRPCInferenceService/ModelInfer';
/** Only for what should fail by itself: nobody's call takes so long. */
const patience = '60S';

const rowsOf = (rows: number): Tensor => tensorOf('x', 'FP32', [rows, 2], new Float32Array(rows * 2).fill(1));
const loops = (count: number): Tensor => tensorOf('x', 'INT64', [], BigInt64Array.of(BigInt(count)));
/** Of a message that nobody can read. */
const garbled = Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), Buffer.from([0x0a, 0xff, 0x01])]);

interface Wanted extends Partial<Counted> {
  readonly tenant: Tenant | '';
  readonly key?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly leaveAfterMs?: number;
}

export function createCallers(keys: SoakedMesh['keys']): ReadonlyMap<string, Caller> {
  const work = ({ tenant, key, body, headers, leaveAfterMs, ...counted }: Wanted): Work => {
    const { model = '', version = '', method = inferMethod, rows = 1, isRead = true } = counted;
    const shown = key ?? (tenant === '' ? '' : keys[tenant]);
    return {
      path: `/${method}`,
      headers: { 'grpc-timeout': patience, ...(shown && { 'x-api-key': shown }), ...headers },
      body: body ?? requestFrame(model, rowsOf(rows)),
      leaveAfterMs,
      counted: { tenant, model, version, method, rows, isRead },
    };
  };
  const wait = (tenant: Tenant, ms: number, headers: Readonly<Record<string, string>> = {}) => ({
    tenant,
    model: 'slow',
    // Of about 1 us each.
    body: requestFrame('slow', loops(ms * 1_000)),
    headers,
  });
  return new Map<string, Caller>([
    ['asks a model for several rows', (random) => work({ tenant: 'acme', model: 'triple', rows: 1 + random(8) })],
    ['asks a model that is restarted', (random) => work({ tenant: 'acme', model: 'double', rows: 1 + random(8) })],
    ['asks an ensemble', () => work({ tenant: 'acme', model: 'mean' })],
    ['asks a pipeline that falls back', () => work({ tenant: 'acme', model: 'spare' })],
    ['asks a pipeline that is restarted', () => work({ tenant: 'acme', model: 'chain' })],
    ['has a limit', () => work({ tenant: 'greedy', model: 'triple' })],
    ['asks what fails', () => work({ tenant: 'acme', model: 'failing', body: requestFrame('failing', three) })],
    ['is late', (random) => work(wait('acme', 200, { 'grpc-timeout': `${1 + random(40)}m` }))],
    ['leaves', (random) => work({ ...wait('hasty', 20), leaveAfterMs: 1 + random(40) })],
    ['leaves what is quick', (random) => work({ tenant: 'hasty', model: 'quick', leaveAfterMs: 1 + random(4) })],
    ['has no key', () => work({ tenant: '', isRead: false })],
    ['has a wrong key', () => work({ tenant: '', key: 'sheaf_nobody', isRead: false })],
    ['makes mistakes', (random) => work(mistakes[random(mistakes.length)] ?? { tenant: 'acme' })],
    ['asks what it may not see', () => work({ tenant: 'acme', key: keys.narrow, model: 'double' })],
  ]);
}

const three = tensorOf('x', 'FP32', [3], new Float32Array(3));
const other = '_OTHER';
const mistakes: readonly Wanted[] = [
  { tenant: 'acme', body: garbled },
  { tenant: 'acme', model: other, version: other, body: requestFrame('nobody', rowsOf(1)) },
  { tenant: 'acme', model: 'triple', body: requestFrame('triple', three) },
  { tenant: 'acme', method: other, isRead: false, body: Buffer.alloc(headBytes) },
  { tenant: 'acme', method: 'inference.GRPCInferenceService/ServerLive', body: Buffer.alloc(headBytes) },
];
