/** Look-ups of what was computed. */
import { all, places, type Row, type Steps } from '@sheaf/store';
import type { GenerationId, LookUp, StoredPrediction } from '../predictions.ts';
import { quoted, refused } from '../refusals.ts';
import { currentRow, generationRow, toGeneration } from './generations.ts';

/** Keys of one question; whole groups are prepared once. */
const groupKeys = 50;
/** About what one answer has at most. */
const scanBytes = 4 * 2 ** 20;
const scanRows = 500;

export function* lookUp(collection: string, keys: readonly string[]): Steps<LookUp | undefined> {
  const row = yield* currentRow(collection);
  if (!row) return undefined;
  return {
    generation: toGeneration(row),
    epoch: Number(row['epoch']),
    predictions: yield* byKeys(Number(row['place']), keys),
  };
}

export function* lookUpOf(id: GenerationId, keys: readonly string[]): Steps<readonly (StoredPrediction | undefined)[]> {
  return yield* byKeys(yield* placeOf(id), keys);
}

/** Of a generation that has its rows. */
function* placeOf(id: GenerationId): Steps<number> {
  const row = yield* generationRow(id);
  if (row['state'] === 'dropped')
    throw refused('GENERATION_STATE', `generation ${id.number} of ${quoted(id.collection)} was dropped`);
  return Number(row['place']);
}

function* byKeys(place: number, keys: readonly string[]): Steps<readonly (StoredPrediction | undefined)[]> {
  const found = new Map<string, StoredPrediction>();
  for (let from = 0; from < keys.length; from += groupKeys) {
    const group = keys.slice(from, from + groupKeys);
    const rows = yield* all(
      `SELECT * FROM predictions WHERE generation = $1 AND key IN (${places(group.length, 2)})`,
      ...[place, ...group],
    );
    for (const row of rows) found.set(String(row['key']), toPrediction(row));
  }
  return keys.map((key) => found.get(key));
}

export function* scan(id: GenerationId, after: string, limit: number): Steps<readonly StoredPrediction[]> {
  const place = yield* placeOf(id);
  const found: StoredPrediction[] = [];
  let bytes = 0;
  while (found.length < limit && bytes < scanBytes) {
    const wanted = Math.min(scanRows, limit - found.length);
    const rows = yield* all(
      `SELECT * FROM predictions WHERE generation = $1 AND key > $2 ORDER BY key LIMIT ${wanted}`,
      ...[place, found.at(-1)?.key ?? after],
    );
    for (const row of rows.map(toPrediction)) {
      found.push(row);
      bytes += row.outputs.byteLength;
    }
    if (rows.length < wanted) break;
  }
  return found;
}

const toPrediction = (row: Row): StoredPrediction => ({
  key: String(row['key']),
  row: Number(row['row_number']),
  outputs: row['outputs'] as Uint8Array,
  inputHash: row['input_hash'] as Uint8Array,
  computedAt: Number(row['computed_at']),
});
