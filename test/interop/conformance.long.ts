/** connectconformance, the suite of those who make Connect, for our gRPC client and our servers. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { here, run, skip } from './stock-tools.ts';

const inConformance = (name: string): string => join(here, 'conformance', name);

/** Fewer say that the suite was not run as it should be. */
const casesMin = { client: 300, server: 500 };

/** What of our servers is meant to be otherwise, with the reasons. */
const exceptions = {
  client: [],
  server: [
    ...['--known-failing', `@${inConformance('server-known-failing.txt')}`],
    ...['--known-flaky', `@${inConformance('server-known-flaky.txt')}`],
  ],
};

async function judge(mode: 'client' | 'server'): Promise<void> {
  const program = [process.execPath, inConformance(`${mode}.ts`)];
  const options = ['--mode', mode, '--conf', inConformance(`${mode}.yaml`), ...exceptions[mode]];
  const { code, output } = await run('connectconformance', [...options, '--', ...program]);
  assert.equal(code, 0, output);
  const passed = Number(/(\d+) passed/.exec(output)?.[1]);
  assert.ok(passed >= casesMin[mode], output);
  assert.deepEqual(wrongBeside(output), []);
}

/** What may be wrong with a case that fails for the details of its status alone. */
const onlyDetails = /^actual error contain 1 details; expecting 0$/;
/** Cases that are listed for another reason: all others are listed for the details. */
const others = /(request-equal-to-server-limit|multiple-requests|no-request|unexpected-compress(ion|ed-message))$/;
const listedPattern = /^INFO: (.+) failed \(as expected\):\n((?:\t.*\n)+)/gm;

/** Cases that are listed for the details of their status, and have something else wrong. */
const wrongBeside = (output: string): string[] =>
  Array.from(output.matchAll(listedPattern), ([, name = '', told = '']) => ({ name, told }))
    .filter(
      ({ name, told }) =>
        !others.test(name) && told.split('\n').some((line) => line.trim() && !onlyDetails.test(line.trim())),
    )
    .map(({ name, told }) => `${name}: ${told}`);

describe('connectconformance', { skip }, () => {
  it('passes our client', () => judge('client'));
  it('passes our server, but for what is listed', () => judge('server'));
});
