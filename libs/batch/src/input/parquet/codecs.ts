/** How pages of Parquet are unpacked, and how much of them may come out. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors as libraries } from 'hyparquet-compressors';

/** Writers make pages of about a MiB, and some one page of a whole row group. What claims to be more is refused before memory is taken for it. */
export const pageBytesMax = 128 * 1024 * 1024;
/** The values of one page. */
export const pageValuesMax = 16 * 1024 * 1024;

/** Node's own are a few times as fast, and stop where more comes out than the page says. */
export const codecs: Compressors = {
  ...libraries,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
};
