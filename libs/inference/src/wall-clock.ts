/** Milliseconds since the epoch that never step back within a process: spans of one call keep their order. */
export const wallMs = (): number => performance.timeOrigin + performance.now();
