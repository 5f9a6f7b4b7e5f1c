/** A request that is one field, as often as it fits, in few kilobytes of gzip: it takes a server no longer than any other of its size. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Method, readGrammar } from '../fuzz/grammar.ts';
import { beside, rightShapes } from '../fuzz/right-messages.ts';
import { Servers } from '../fuzz/servers.ts';
import { fieldShapes, type Shape } from '../fuzz/shapes.ts';
import type { Target } from '../fuzz/target.ts';
import { within } from '../fuzz/wire.ts';

const path = '/inference.GRPCInferenceService/ModelInfer';
/** Unpacked: a million of the smallest fields, of two bytes. */
const bytes = 2_000_000;
/** What is linear stays far below; what is not is at thousands, and never ends. */
const ratioMax = 40;
/** A machine may be busy once. */
const triesMax = 4;

async function timeOf({ send }: Target, message: Buffer, enoughMs: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < triesMax && best > enoughMs; tries++) {
    const { ms, outcome } = await send(message);
    assert.match(outcome, /^(OK|INVALID_ARGUMENT|RESOURCE_EXHAUSTED|NOT_FOUND)$/);
    best = Math.min(best, ms);
  }
  return best;
}

describe('a request of a million times one field', () => {
  let servers: Servers;
  let targets: readonly Target[];
  let shapes: readonly Shape[];
  before(async () => {
    const grammar = readGrammar();
    const method = grammar.methods.find((one) => one.path === path) as Method;
    servers = await Servers.open();
    targets = await servers.targets([method]);
    // Those with a byte in them are fewer and cost no more; the fuzzer sends them too.
    const smallest = fieldShapes(method.request, beside).filter(({ name }) => !name.includes(' = 1'));
    shapes = [...smallest, ...(rightShapes[method.request.name] ?? [])];
  });
  after(async () => {
    await servers[Symbol.asyncDispose]();
  });

  for (const server of ['gateway', 'service'])
    it(`takes the ${server} about as long as a plain one of its size`, async () => {
      const target = targets.find(({ name }) => name === `${server} ${path} gzip`);
      assert.ok(target);
      // One field that nobody knows: it is unpacked and passed over.
      const plain = within(100, Buffer.alloc(bytes));
      const plainMs = await timeOf(target, plain, 0);
      const slow: string[] = [];
      for (const { name, make } of shapes) {
        const ratio = (await timeOf(target, make(bytes), ratioMax * plainMs)) / plainMs;
        if (ratio > ratioMax) slow.push(`${ratio.toFixed(0)} times: ${name}`);
      }
      assert.deepEqual(slow, []);
      assert.equal(servers.damage(), '');
    });
});
