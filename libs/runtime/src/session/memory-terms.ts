import type { Signature } from '@sheaf/inference';

/** How a session holds memory, in the runtime's own terms. */
export interface MemoryTerms {
  /** Whether what a run has taken is kept for the next. Default: unless runs differ by more than their rows. */
  readonly enableCpuMemArena?: boolean | undefined;
  /** Default true. */
  readonly enableMemPattern?: boolean | undefined;
}

/**
 * Of a model whose inputs have any size the arena keeps for ever what the largest took; without it that is given back after the run, for nothing where inputs
 * are small, and for less than half of the time of a run over pictures of megapixels.
 */
export function memoryTerms(
  { inputs }: Signature,
  given: MemoryTerms,
): {
  readonly enableCpuMemArena: boolean;
  readonly enableMemPattern: boolean;
} {
  const hasLargest = inputs.every(({ shape }) => shape.slice(1).every((dim) => dim >= 0));
  const { enableCpuMemArena = hasLargest, enableMemPattern = true } = given;
  return { enableCpuMemArena, enableMemPattern };
}
