/** Models made by real tools with their defaults, asked through the gateway of a mesh. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type RunningCommand, startSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';
import { ask, assertSame, cases, installed, mesh, skip } from './cases.ts';

/** Each caller asks for something else, so that an answer made of another's rows is seen. */
const rounds = 3;
const startLimitMs = 180_000;

describe('a mesh of models as tools write them', { skip }, () => {
  let up: RunningCommand;
  let client: StockClient;
  before(async () => {
    assert.ok(installed, 'test/real-world/install.sh has to run first');
    up = startSheaf(['up', mesh, '--port', '0']);
    const ended = up.ended.then(({ code }) => assert.fail(`sheaf up ended with ${code}: ${up.output()}`));
    await Promise.race([waitFor(() => up.output().includes('the mesh is up'), up.output, startLimitMs), ended]);
    const [, port] = /^gateway is ready, pid \d+, port (\d+)/m.exec(up.output()) ?? [];
    client = new StockClient(Number(port));
  });
  after(async () => {
    client?.[Symbol.dispose]();
    up?.kill('SIGTERM');
    await up?.ended;
  });

  it('has models of every tool', () => {
    const tools = new Set(cases.map(({ tool }) => tool));
    assert.deepEqual([...tools].sort(), ['boosted', 'keras', 'named', 'shipped', 'skl2onnx', 'torch']);
  });

  for (const { tool, model, calls } of cases) {
    it(`${tool}: ${model} gives what ONNX Runtime gives in Python, to the bit`, async () => {
      for (const call of calls) assertSame(await ask(client, model, call), call.outputs, 'alone');
    });

    it(`${tool}: ${model} gives each of ${calls.length} callers at once what it gives one alone`, async () => {
      const caller = async (call: (typeof calls)[number]) => {
        for (let round = 0; round < rounds; round++)
          assertSame(await ask(client, model, call), call.outputs, 'in company');
      };
      await Promise.all(calls.map(caller));
    });
  }
});
