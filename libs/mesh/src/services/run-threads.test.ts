import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Mesh, Model, Service } from '../mesh.ts';
import { runThreads, threadsLine } from './run-threads.ts';

const model = (name: string, more: Partial<Model> = {}): Model =>
  ({ name, versions: [{ version: '1' }], instances: 1, intraOpThreads: undefined, ...more }) as unknown as Model;
const service = (name: string, more: Partial<Service> = {}): Service =>
  ({ name, models: [name], transforms: [], replicas: 1, ...more }) as unknown as Service;
const mesh = (models: readonly Model[], services: readonly Service[]): Mesh =>
  ({ models, services }) as unknown as Mesh;
const alone = (changes: Partial<Model> = {}, its: Partial<Service> = {}, others: readonly Service[] = []) => {
  const only = model('m', changes);
  return { only, all: mesh([only], [service('m', its), ...others]) };
};

describe('the threads of a run', () => {
  it('are half of the machine for the only model of a mesh, and one where there are fewer than four CPUs', () => {
    const { only, all } = alone();
    const told = [1, 2, 3, 4, 8, 64].map((cores) => runThreads(only, all, cores));
    assert.deepEqual(told, [1, 1, 1, 2, 4, 32]);
  });

  it('are one where others run beside it: models, replicas, instances, versions; a foreign server and transforms are no others', () => {
    const others = [
      alone({}, {}, [service('n')]),
      alone({}, { models: ['m', 'n'] }),
      alone({}, { replicas: 2 }),
      alone({ instances: 2 }),
      alone({ versions: [{ version: '2' }, { version: '1' }] as unknown as Model['versions'] }),
    ];
    for (const { only, all } of others) assert.equal(runThreads(only, all, 8), 1);
    const far = [service('far', { endpoint: 'h:1' }), service('crop', { models: [], transforms: ['crop'] })];
    const { only, all } = alone({}, {}, far);
    assert.equal(runThreads(only, all, 8), 4);
  });

  it('are what is told, wherever it is told', () => {
    assert.equal(runThreads(model('m', { intraOpThreads: 3 }), alone().all, 8), 3);
    const shared = alone({ instances: 2 }, { cpus: 5 });
    assert.equal(runThreads(shared.only, shared.all, 8), 2);
    assert.equal(runThreads(alone().only, alone({}, { cpus: 1 }).all, 8), 1);
  });
});

describe('what a start tells of threads', () => {
  it('is what a run takes of what there is, and what to write for another number', () => {
    assert.equal(
      threadsLine(alone().all, 8),
      'a run of "m" takes 4 of 8 CPUs, as it is the only model; intraOpThreads in its model.yaml, or cpus of its service in mesh.yaml, changes that',
    );
    const two = mesh([model('m'), model('n')], [service('m'), service('n')]);
    assert.match(threadsLine(two, 8) ?? '', /^a run of each of 2 models takes 1 of 8 CPUs; intraOpThreads in /);
  });

  it('is nothing where all was told, or there is no more to be had', () => {
    assert.equal(threadsLine(alone().all, 2), undefined);
    assert.equal(threadsLine(alone({ intraOpThreads: 1 }).all, 8), undefined);
    assert.equal(threadsLine(alone({}, { cpus: 2 }).all, 8), undefined);
    assert.equal(threadsLine(alone({}, { endpoint: 'h:1' }).all, 8), undefined);
  });
});
