/** Reads the header blocks that a peer sends on one connection (RFC 7541, 3). */
import type { Field } from '../types.ts';
import { createBlockCache } from './block-cache.ts';
import { CompressionError } from './compression-error.ts';
import { createDynamicTable, type DynamicTable, fieldSize } from './dynamic-table.ts';
import { createHeaderList, type DecodedHeaderList } from './header-list.ts';
import { decodeHuffman } from './huffman.ts';
import { type BlockCursor, decodeInteger } from './integer.ts';
import { staticTable } from './static-table.ts';

export interface DecoderOptions {
  /** What SETTINGS_HEADER_TABLE_SIZE allows the peer. Default 4,096, which is what a peer may use that has not read our SETTINGS. */
  readonly tableBytesMax?: number;
  /** Of a header list, unpacked (RFC 9113, 6.5.2). Default 256 KiB. */
  readonly listBytesMax?: number;
  /** Fields of a header list. Default 128. */
  readonly fieldsMax?: number;
}

export interface HeaderDecoder {
  /**
   * Decodes a whole header block, HEADERS and CONTINUATION together. Undefined where the list passes a limit: nothing is made of what is past it, and the
   * table is as the peer expects, so that the connection can go on. Throws CompressionError, which ends the connection. Lists of the same bytes may be
   * the same object.
   */
  decode(block: Buffer): DecodedHeaderList | undefined;
}

const defaults: Required<DecoderOptions> = { tableBytesMax: 4096, listBytesMax: 256 * 1024, fieldsMax: 128 };

export function createHeaderDecoder(options: DecoderOptions = {}): HeaderDecoder {
  const { tableBytesMax, listBytesMax, fieldsMax } = { ...defaults, ...options };
  const table = createDynamicTable(tableBytesMax);
  const cache = createBlockCache();

  function decodeFresh(block: Buffer): { list: DecodedHeaderList | undefined; isTableTouched: boolean } {
    const cursor: BlockCursor = { bytes: block, at: 0 };
    const fields: Field[] = [];
    let size = 0;
    let isTooLarge = false;
    let isTableTouched = false;
    while (cursor.at < block.length) {
      const first = block[cursor.at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (fields.length > 0 || isTooLarge)
          throw new CompressionError('a header table changes its size within a block');
        resize(table, cursor, tableBytesMax);
        isTableTouched = true;
        continue;
      }
      let field: Field;
      if (first >= 0x80) field = indexed(table, decodeInteger(cursor, 7));
      else if (first >= 0x40) {
        // This one is read whole also where the list is refused: blocks that follow may mean it.
        field = literal(table, cursor, 6, false);
        table.add(field);
        isTableTouched = true;
      } else field = literal(table, cursor, 4, isTooLarge);
      if (isTooLarge) continue;
      size += fieldSize(field[0], field[1]);
      isTooLarge = size > listBytesMax || fields.length === fieldsMax;
      if (!isTooLarge) fields.push(field);
    }
    return { list: isTooLarge ? undefined : createHeaderList(fields, size), isTableTouched };
  }

  return {
    decode(block) {
      const known = cache.get(block);
      if (known !== undefined) return known;
      const { list, isTableTouched } = decodeFresh(block);
      // An index means another field now, and a block that adds fields has to add them each time.
      if (isTableTouched) cache.clear();
      else if (list !== undefined) cache.set(block, list);
      return list;
    },
  };
}

function indexed(table: DynamicTable, index: number): Field {
  const field = index <= staticTable.length ? staticTable[index - 1] : table.get(index - staticTable.length - 1);
  if (field === undefined) throw new CompressionError(`a header block names field ${index}, which there is not`);
  return field;
}

/** With `isDropped` nobody will read the field, so that no strings are made of it. */
function literal(table: DynamicTable, cursor: BlockCursor, prefixBits: number, isDropped: boolean): Field {
  const nameIndex = decodeInteger(cursor, prefixBits);
  const name = nameIndex === 0 ? decodeString(cursor, isDropped) : indexed(table, nameIndex)[0];
  return [name, decodeString(cursor, isDropped)];
}

function resize(table: DynamicTable, cursor: BlockCursor, bytesMax: number): void {
  const size = decodeInteger(cursor, 5);
  if (size > bytesMax) throw new CompressionError(`a header table of ${size} bytes, where ${bytesMax} are allowed`);
  table.resize(size);
}

function decodeString(cursor: BlockCursor, isSkipped: boolean): string {
  const isHuffman = (cursor.bytes[cursor.at] ?? 0) >= 0x80;
  const length = decodeInteger(cursor, 7);
  const start = cursor.at;
  const end = start + length;
  if (end > cursor.bytes.length) throw new CompressionError('a header block ends within a string');
  cursor.at = end;
  if (isHuffman) return decodeHuffman(cursor.bytes, start, end, isSkipped);
  return isSkipped ? '' : cursor.bytes.toString('latin1', start, end);
}
