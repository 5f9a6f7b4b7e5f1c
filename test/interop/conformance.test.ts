/** connectconformance, the suite of those who make Connect, for our gRPC client. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { here, run, skip } from './stock-tools.ts';

const inConformance = (name: string): string => join(here, 'conformance', name);

/** Fewer say that the suite was not run as it should be. */
const casesMin = { client: 300 };

async function judge(mode: 'client'): Promise<void> {
  const program = [process.execPath, inConformance(`${mode}.ts`)];
  const options = ['--mode', mode, '--conf', inConformance(`${mode}.yaml`)];
  const { code, output } = await run('connectconformance', [...options, '--', ...program]);
  assert.equal(code, 0, output);
  const passed = Number(/(\d+) passed/.exec(output)?.[1]);
  assert.ok(passed >= casesMin[mode], output);
}

describe('connectconformance', { skip }, () => {
  it('passes our client', () => judge('client'));
});
