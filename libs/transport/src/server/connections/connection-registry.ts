/** The open connections of a server: what each is there for, and which one goes when there are too many. */
import { connectionLimits } from './connection-limits.ts';

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
}

type ByStanding<V> = Readonly<Record<Standing, Set<V>>>;
const setsByStanding = <V>(): ByStanding<V> => ({
  stranger: new Set(),
  idle: new Set(),
  staying: new Set(),
  working: new Set(),
});

/** The connections of one address block. */
interface Block {
  /** Undefined of one connection of a proxy, which stands alone. */
  readonly name: string | undefined;
  count: number;
  /** Each standing's longest-standing first. */
  readonly members: ByStanding<Member>;
  /** Where it is found by its count. */
  level: number;
  /** The least of the standings of its members without a call. */
  spare: Standing | undefined;
}

function spareStanding({ members }: Block): Standing | undefined {
  if (members.stranger.size > 0) return 'stranger';
  if (members.idle.size > 0) return 'idle';
  return members.staying.size > 0 ? 'staying' : undefined;
}

function firstOf<V>(set: Iterable<V>): V | undefined {
  for (const first of set) return first;
  return undefined;
}

/** Of all, a block above this part of them may lose connections that have calls. */
const largePart = 1 / 8;

export class ConnectionRegistry {
  readonly #max: number;
  readonly #places = new Map<Member, Place>();
  readonly #blocks = new Map<string, Block>();
  /** The blocks of each count that there is: by the least standing that they have without a call, and those that have calls. Few, as counts add up. */
  readonly #levels = new Map<number, ByStanding<Block>>();
  #working = 0;
  /** Called for each connection that is closed since there are too many. */
  readonly #onFull: (isNew: boolean) => void;

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
    const { block } = place;
    this.#take(member, place);
    place.standing = standing;
    this.#give(member, place);
    this.#file(block);
    this.#closeIdle(block);
  }

  leave(member: Member): void {
    const place = this.#places.get(member);
    if (!place) return;
    const { block } = place;
    this.#places.delete(member);
    this.#take(member, place);
    this.#file(block);
    if (block.count === 0 && block.name !== undefined) this.#blocks.delete(block.name);
  }

  /** Those that are open, also when some of them leave meanwhile. */
  members(): Iterable<Member> {
    return [...this.#places.keys()];
  }

  judge(now: number): void {
    for (const member of this.#places.keys()) member.judge(now);
  }

  #add(member: Member, name: string | undefined): void {
    const known = name === undefined ? undefined : this.#blocks.get(name);
    const block = known ?? { name, count: 0, members: setsByStanding<Member>(), level: 0, spare: undefined };
    if (name !== undefined) this.#blocks.set(name, block);
    const place: Place = { block, standing: 'stranger' };
    this.#places.set(member, place);
    this.#give(member, place);
    this.#file(block);
    this.#closeIdle(block);
  }

  #give(member: Member, { block, standing }: Place): void {
    block.members[standing].add(member);
    block.count++;
    if (standing === 'working') this.#working++;
  }

  #take(member: Member, { block, standing }: Place): void {
    block.members[standing].delete(member);
    block.count--;
    if (standing === 'working') this.#working--;
  }

  /** Puts a block that has changed where it is found. */
  #file(block: Block): void {
    const spare = spareStanding(block);
    const isMoved = block.level !== block.count;
    const old = this.#levels.get(block.level);
    if (isMoved || spare !== block.spare) {
      if (block.spare) old?.[block.spare].delete(block);
      if (isMoved) old?.working.delete(block);
      if (isMoved && old && standings.every((standing) => old[standing].size === 0)) this.#levels.delete(block.level);
    }
    block.level = block.count;
    block.spare = spare;
    if (block.count === 0) return;
    const level = this.#levels.get(block.count) ?? setsByStanding<Block>();
    this.#levels.set(block.count, level);
    if (spare) level[spare].add(block);
    if (block.members.working.size > 0) level.working.add(block);
    else level.working.delete(block);
  }

  #closeIdle(block: Block): void {
    const { stranger, idle } = block.members;
    if (block.name === undefined || stranger.size + idle.size <= connectionLimits.idleConnectionsMax) return;
    const first = firstOf(stranger) ?? firstOf(idle);
    if (!first) return;
    // It goes when what it still has is answered, and is not asked to twice.
    this.stand(first, 'staying');
    // A caller that meant to use it is told so, and opens another.
    first.close();
  }

  #hasShare(name: string | undefined): boolean {
    const block = name === undefined ? undefined : this.#blocks.get(name);
    if (!block || block.count < this.#max / 2) return true;
    return this.#makeRoom(block.spare && firstOf(block.members[block.spare]));
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
    const large = this.#max * largePart;
    const spare = this.#largest(['stranger', 'idle', 'staying'], own);
    if (spare && spare.count > large) return spare.member;
    // It has to have more than the one that comes will have.
    const busy = this.#largest(['working'], own + 2);
    if (busy && busy.count > large && this.#places.size - this.#working < large) return busy.member;
    return (spare ?? busy)?.member;
  }

  /** Of the block that has most of all; of equals, one that is worth least, or has been so for longest. */
  #largest(kinds: readonly Standing[], countMin: number): { count: number; member: Member } | undefined {
    let largest: { count: number; member: Member } | undefined;
    for (const [count, level] of this.#levels) {
      if (count < countMin || count < (largest?.count ?? 0)) continue;
      const kind = kinds.find((standing) => level[standing].size > 0);
      const block = kind && firstOf(level[kind]);
      const member = block && firstOf(block.members[kind]);
      if (member) largest = { count, member };
    }
    return largest;
  }
}
