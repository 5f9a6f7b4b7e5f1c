/** How much an artifact may be. */
export interface ArtifactLimits {
  /** All files together, unpacked. Default 16 GiB. */
  readonly bytesMax: number;
  /** Default 10,000. */
  readonly filesMax: number;
}

export const artifactLimits: ArtifactLimits = { bytesMax: 16 * 2 ** 30, filesMax: 10_000 };

/** Of a manifest, an index and a configuration: registries take no more. */
export const documentBytesMax = 4 * 2 ** 20;
