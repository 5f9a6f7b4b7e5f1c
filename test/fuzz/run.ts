/** A run of the fuzzer: first every shape once, then what the seed gives, until the time is up. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Message, readGrammar } from './grammar.ts';
import { Judge } from './judge.ts';
import { createRandom, damage, pick, type Random, randomMessage } from './random-message.ts';
import { beside, rightShapes } from './right-messages.ts';
import { Servers } from './servers.ts';
import { fieldShapes, type Shape, strayShapes, wrongShapes } from './shapes.ts';
import { Decoders, type Target } from './target.ts';

/** What faults are written to; git knows nothing of it. */
const faultFolder = fileURLToPath(new URL('../../.cache/fuzz/', import.meta.url));

export interface RunOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface Fault {
  readonly what: string;
  /** Sends the same message again. */
  readonly replay: string;
}

export interface Outcome {
  readonly messages: number;
  readonly faults: readonly Fault[];
}

/** Large enough for what is not linear to show, and small enough for it to end. */
const firstBytes = 120 * 1024;
const messageBytesMax = 4 * 1024 * 1024;
/** Of one kind of target: whoever reads them has enough. */
const faultsMax = 20;
const tellEveryMs = 5_000;

export async function runFuzz({ seconds, seed, log }: RunOptions): Promise<Outcome> {
  const grammar = readGrammar();
  const random = createRandom(seed);
  await using decoders = new Decoders();
  await using servers = await Servers.open();
  const run = new Run(seed, random, log);
  const groups = [decoders.targets(grammar, messageBytesMax), await servers.targets(grammar.methods)];
  // As much time for what is taken alone as for whole processes.
  for (const targets of groups) await run.send(targets, (seconds * 1000) / groups.length);
  run.end(servers.damage());
  return run;
}

/** One message to a target by its name. */
export async function replay(name: string, message: Buffer): Promise<string> {
  const grammar = readGrammar();
  await using decoders = new Decoders();
  await using servers = await Servers.open();
  const targets = [...decoders.targets(grammar, messageBytesMax), ...(await servers.targets(grammar.methods))];
  const target = targets.find((one) => one.name === name);
  if (!target) throw new Error(`--target: want one of\n${targets.map((one) => one.name).join('\n')}`);
  const { ratio, fault = 'no fault' } = await new Judge().judge(target, message);
  const told = await target.send(message).then(
    ({ ms, outcome, sentence }) => `${ms.toFixed(1)} ms, ${outcome} ${sentence}`,
    (error: Error) => error.message,
  );
  return `${fault}; ${ratio.toFixed(1)} times a plain message; once more: ${told}`;
}

class Run implements Outcome {
  readonly faults: Fault[] = [];
  messages = 0;
  readonly #seed: number;
  readonly #random: Random;
  readonly #log: (line: string) => void;
  readonly #judge = new Judge();
  /** The worst of each target. */
  readonly #worst = new Map<string, { readonly ratio: number; readonly shape: string }>();
  readonly #shapes = new Map<string, readonly Shape[]>();
  /** Shapes of a target that are known to be at fault are left out. */
  readonly #known = new Set<string>();
  #toldAt = 0;

  constructor(seed: number, random: Random, log: (line: string) => void) {
    this.#seed = seed;
    this.#random = random;
    this.#log = log;
  }

  async send(targets: readonly Target[], forMs: number): Promise<void> {
    const until = performance.now() + forMs;
    const faultsBefore = this.faults.length;
    const goesOn = (): boolean => performance.now() < until && this.faults.length - faultsBefore < faultsMax;
    const all = targets.flatMap((target) => this.#shapesOf(target.message).map((shape) => ({ target, shape })));
    this.#log(`${targets.length} targets, ${all.length} shapes`);
    for (const { target, shape } of shuffled(all, this.#random)) {
      if (!goesOn()) return;
      await this.#try(target, shape, firstBytes);
    }
    while (goesOn()) {
      const target = pick(this.#random, targets);
      if (this.#random(2) === 0) await this.#try(target, this.#randomShape(target.message), 0);
      else await this.#try(target, pick(this.#random, this.#shapesOf(target.message)), this.#size(target));
    }
  }

  /** `damaged` is what has happened to the processes. */
  end(damaged: string): void {
    if (damaged !== '') this.faults.push({ what: damaged, replay: `npm run fuzz -- --seed ${this.#seed}` });
    const worst = [...this.#worst].sort(([, one], [, other]) => other.ratio - one.ratio).slice(0, 12);
    for (const [target, { ratio, shape }] of worst) this.#log(`${ratio.toFixed(1)} times: ${target}: ${shape}`);
  }

  #size({ bytesMax }: Target): number {
    return Math.min(bytesMax, 2 ** (10 + this.#random(13)));
  }

  #shapesOf(message: Message): readonly Shape[] {
    const known = this.#shapes.get(message.name);
    if (known) return known;
    const first = beside[message.name];
    const right = rightShapes[message.name] ?? [];
    const shapes = [...fieldShapes(message, beside), ...wrongShapes(message, beside), ...strayShapes(first), ...right];
    this.#shapes.set(message.name, shapes);
    return shapes;
  }

  #randomShape(message: Message): Shape {
    const kind = this.#random(3);
    return {
      name: kind === 0 ? 'a random message' : 'a damaged message',
      make: () => {
        const first = beside[message.name] ?? Buffer.alloc(0);
        const whole = Buffer.concat([first, randomMessage(message, this.#random)]);
        return kind === 0 ? whole : damage(whole, this.#random);
      },
    };
  }

  async #try(target: Target, shape: Shape, bytes: number): Promise<void> {
    const key = `${target.name}: ${shape.name}`;
    if (this.#known.has(key)) return;
    const message = shape.make(bytes);
    const { ratio, fault } = await this.#judge.judge(target, message);
    this.messages++;
    const worst = this.#worst.get(target.name);
    if (!worst || ratio > worst.ratio)
      this.#worst.set(target.name, { ratio, shape: `${shape.name}, ${message.length} bytes` });
    if (fault !== undefined) {
      this.#known.add(key);
      await this.#keep(target, shape, message, fault);
    }
    if (performance.now() - this.#toldAt < tellEveryMs) return;
    this.#toldAt = performance.now();
    this.#log(`${this.messages} messages, ${this.faults.length} faults; now ${key}`);
  }

  async #keep(target: Target, shape: Shape, message: Buffer, fault: string): Promise<void> {
    const file = join(faultFolder, `${this.#seed}-${this.faults.length}.bin`);
    await mkdir(faultFolder, { recursive: true });
    await writeFile(file, message);
    const what = `${target.name}: ${shape.name}, ${message.length} bytes: ${fault}`;
    const replay = `npm run fuzz -- --replay .cache/fuzz/${this.#seed}-${this.faults.length}.bin --target '${target.name}'`;
    this.faults.push({ what, replay });
    this.#log(`FAULT: ${what}\n  ${replay}`);
  }
}

/** In an order that the seed gives (Fisher and Yates). */
function shuffled<T>(list: readonly T[], random: Random): T[] {
  const mixed = [...list];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
  }
  return mixed;
}
