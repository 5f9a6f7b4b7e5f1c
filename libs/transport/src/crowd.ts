/** The open connections of a door: what each is there for, and which one goes when there are too many. */
import { connectionLimits } from './connection-ledger.ts';

/**
 * What a connection is there for. Never a call that was let in; none now; streams that last as long as its caller likes; calls. Those that are worth least
 * come first. A call that is refused, or that nobody has let in yet, is none.
 */
const standings = ['stranger', 'idle', 'staying', 'working'] as const;
export type Standing = (typeof standings)[number];

/** As much of a connection as is asked here. */
export interface Member {
  readonly judge: (now: number) => void;
  /** With a GOAWAY, where there is somebody to hear it. */
  readonly close: () => void;
  /** At once. */
  readonly cut: () => void;
}

interface Place {
  readonly block: Block;
  standing: Standing;
  /** Counts up: who has stood so for longest has the lowest. */
  since: number;
}

/** The connections of one address block, each standing's longest-standing first. */
class Block {
  readonly name: string | undefined;
  readonly #members = Object.fromEntries(standings.map((standing) => [standing, new Set<Member>()])) as Record<
    Standing,
    Set<Member>
  >;

  constructor(name: string | undefined) {
    this.name = name;
  }

  of(standing: Standing): Set<Member> {
    return this.#members[standing];
  }

  get count(): number {
    return standings.reduce((sum, standing) => sum + this.of(standing).size, 0);
  }

  /** What it is weighed as: behind a trusted proxy are many, who are told apart nowhere here, so each is taken for one alone. */
  get weight(): number {
    return this.name === undefined ? 1 : this.count;
  }

  /** The one that is worth least of those without a call. */
  get spare(): Member | undefined {
    for (const standing of standings) if (standing !== 'working') for (const member of this.of(standing)) return member;
    return undefined;
  }

  get busy(): Member | undefined {
    for (const member of this.of('working')) return member;
    return undefined;
  }
}

/** Of all, a block above this part of them may lose connections that have calls. */
const largePart = 1 / 8;

export class Crowd {
  readonly #max: number;
  readonly #places = new Map<Member, Place>();
  readonly #blocks = new Map<string | undefined, Block>();
  /** Told of each that is closed since there are too many. */
  readonly #onFull: (isNew: boolean) => void;
  #last = 0;

  constructor(max: number, onFull: (isNew: boolean) => void) {
    this.#max = max;
    this.#onFull = onFull;
  }

  /** Answers whether there is room, or was made. One block may have half of it; without a `block` there is nothing to count: a proxy, behind which are many, or one who is not known yet. */
  enter(member: Member, block?: string): boolean {
    if (!this.#hasShare(block)) return false;
    if (this.#places.size >= this.#max && !this.#makeRoom(this.#victimFor(block))) return false;
    this.#add(member, block);
    return true;
  }

  /** Of one that has entered and has no call yet: it is one of this block. Answers as `enter`. */
  place(member: Member, block: string | undefined): boolean {
    if (!this.#places.has(member) || !this.#hasShare(block)) return false;
    this.leave(member);
    this.#add(member, block);
    return true;
  }

  /** What it is there for from now on. */
  stand(member: Member, standing: Standing): void {
    const place = this.#places.get(member);
    if (!place || place.standing === standing) return;
    place.block.of(place.standing).delete(member);
    place.standing = standing;
    place.since = this.#last++;
    place.block.of(standing).add(member);
    this.#closeIdle(place.block);
  }

  leave(member: Member): void {
    const place = this.#places.get(member);
    if (!place) return;
    this.#places.delete(member);
    place.block.of(place.standing).delete(member);
    if (place.block.count === 0) this.#blocks.delete(place.block.name);
  }

  judge(now: number): void {
    for (const member of this.#places.keys()) member.judge(now);
  }

  #add(member: Member, name: string | undefined): void {
    const block = this.#blocks.get(name) ?? new Block(name);
    this.#blocks.set(name, block);
    block.of('stranger').add(member);
    this.#places.set(member, { block, standing: 'stranger', since: this.#last++ });
    this.#closeIdle(block);
  }

  #closeIdle(block: Block): void {
    const count = block.of('stranger').size + block.of('idle').size;
    const first = block.name === undefined || count <= connectionLimits.idleConnectionsMax ? undefined : block.spare;
    if (!first) return;
    // It goes when what it still has is answered, and is not asked to twice.
    this.stand(first, 'staying');
    // A caller that meant to use it is told so, and opens another.
    first.close();
  }

  #hasShare(name: string | undefined): boolean {
    const block = name === undefined ? undefined : this.#blocks.get(name);
    if (!block || block.count < this.#max / 2) return true;
    return this.#makeRoom(block.spare);
  }

  #makeRoom(victim: Member | undefined): boolean {
    this.#onFull(!victim);
    if (!victim) return false;
    this.leave(victim);
    victim.cut();
    return true;
  }

  /**
   * Who goes when there are as many as there may be, for one of this block. Whoever has most connections loses one, so that a few addresses shut out nobody;
   * never somebody who has fewer than the one that comes. Those who have little lose what has no call, but where there is little of that: it may be somebody
   * who is just coming in.
   */
  #victimFor(name: string | undefined): Member | undefined {
    const own = name === undefined ? 0 : (this.#blocks.get(name)?.count ?? 0);
    const blocks = [...this.#blocks.values()];
    const large = this.#max * largePart;
    const spare = this.#largest(blocks, 'spare', own);
    if (spare && spare.weight > large) return spare.spare;
    // It has to have more than the one that comes will have.
    const busy = this.#largest(blocks, 'busy', own + 2);
    if (busy && busy.weight > large && this.#spares(blocks) < large) return busy.busy;
    return spare?.spare ?? busy?.busy;
  }

  /** Of equals, the one whose member is worth least or has stood so for longest. */
  #largest(blocks: readonly Block[], kind: 'spare' | 'busy', weightMin: number): Block | undefined {
    let largest: Block | undefined;
    for (const block of blocks) {
      const member = block.weight < weightMin ? undefined : block[kind];
      if (!member) continue;
      const order = largest ? block.weight - largest.weight || this.#compare(largest[kind], member) : 1;
      if (order > 0) largest = block;
    }
    return largest;
  }

  /** Above 0 where the second one goes before the first. */
  #compare(first: Member | undefined, second: Member): number {
    const [one, other] = [first && this.#places.get(first), this.#places.get(second)];
    if (!one || !other) return 0;
    return standings.indexOf(one.standing) - standings.indexOf(other.standing) || one.since - other.since;
  }

  #spares(blocks: readonly Block[]): number {
    return blocks.reduce((sum, block) => sum + block.count - block.of('working').size, 0);
  }
}
