import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Aliases, Signature } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { createAliasCheck } from './alias-check.ts';

const rows = (columns: number): Signature => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, columns] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
});
const signatures: Readonly<Record<string, Signature>> = { 'm/1': rows(2), 'm/2': rows(2), 'm/3': rows(3) };
const aliases = (...entries: (readonly [name: string, alias: string, version: string])[]): Aliases =>
  new Map(entries.map(([name, alias, version]) => [name, new Map([[alias, version]])]));

describe('pipelines that have been checked', () => {
  const asked: string[] = [];
  const pipelines = [{ spec: { pipeline: 'p' } }] as unknown as Mesh['pipelines'];
  const doFit = createAliasCheck(pipelines, (target) => {
    const id = target.kind === 'model' ? `${target.name}/${target.version}` : '';
    asked.push(id);
    return signatures[id];
  });
  const champion = aliases(['m', 'champion', '1']);

  it('stand where a model moves to a version that takes and gives the same, and each is looked at once', () => {
    for (const _ of [1, 2]) assert.equal(doFit(champion, aliases(['m', 'champion', '2'])), true);
    assert.deepEqual(asked, ['m/1', 'm/2']);
  });

  it('are checked again where it takes something else, or nobody knows what', () => {
    assert.equal(doFit(champion, aliases(['m', 'champion', '3'])), false);
    assert.equal(doFit(champion, aliases(['m', 'champion', '4'])), false);
  });

  it('are checked again where an alias comes or goes, or a pipeline moves', () => {
    assert.equal(doFit(champion, aliases()), false);
    assert.equal(doFit(aliases(), champion), false);
    assert.equal(doFit(aliases(['p', 'champion', '1']), aliases(['p', 'champion', '2'])), false);
  });
});
