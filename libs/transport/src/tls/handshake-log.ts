/** One peer is told of so often. */
import { log } from '@sheaf/inference';

const againMs = 60_000;
/** Peers that are remembered. Beyond that nobody new is told of until some were forgotten: a flood from everywhere is no flood of lines. */
const peersMax = 1_024;

/** Tells of handshakes that fail: once per peer and minute. */
export class HandshakeLog {
  readonly #log: (line: string, peer: string) => void;
  readonly #now: () => number;
  /** When each was told of, the oldest first. */
  readonly #toldAt = new Map<string, number>();

  constructor(
    tell: (line: string, peer: string) => void = (line, peer) => log('tls.handshake-failed', line, { peer }),
    now: () => number = () => performance.now(),
  ) {
    this.#log = tell;
    this.#now = now;
  }

  tell(peer: string, line: string): void {
    const now = this.#now();
    for (const [told, at] of this.#toldAt) {
      if (now - at < againMs) break;
      this.#toldAt.delete(told);
    }
    if (this.#toldAt.has(peer) || this.#toldAt.size >= peersMax) return;
    this.#toldAt.set(peer, now);
    this.#log(line, peer);
  }
}
