/** A header block that cannot be decoded. The tables of the two sides are no longer the same then, so it ends the connection with COMPRESSION_ERROR. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError';
}
