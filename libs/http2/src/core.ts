/** The view of a connection that its parts have: those that read frames, and the two roles. */
import type { HeaderDecoder } from './hpack/decoder.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import type { Pings } from './pings.ts';
import type { Receiver } from './receiver.ts';
import type { Role } from './role.ts';
import type { Sender } from './sender.ts';
import type { PeerSettings } from './settings.ts';
import type { StreamOwner } from './stream.ts';
import type { StreamLives } from './stream-lives.ts';
import type { ConnectionOptions } from './types.ts';

export interface Core extends StreamOwner {
  readonly options: Required<ConnectionOptions>;
  readonly role: Role;
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly ledger: Ledger;
  readonly decoder: HeaderDecoder;
  readonly pings: Pings;
  readonly lives: StreamLives;
  readonly peerSettings: PeerSettings;
  /** `leaving` between the two GOAWAYs of a graceful end, `left` after the last. */
  readonly goodbye: 'none' | 'leaving' | 'left';
  /** The peer has acknowledged our SETTINGS. */
  settled(): void;
  /** The payload of the peer's SETTINGS, in `bytes` from `start` to `end`. */
  applySettings(bytes: Buffer, start: number, end: number, isFirst: boolean): void;
  /** Throws where answers to SETTINGS and PING wait in too great a number. */
  checkAnswers(): void;
}
