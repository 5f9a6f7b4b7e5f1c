/** Loads and runs every version of every model of the mesh that it is handed, one after another, and tells how each went: a throw-away process for `sheaf check`. */
import { parseArgs } from 'node:util';
import { handedOver, main, report } from '@sheaf/host';
import { asInferError } from '@sheaf/inference';
import type { Mesh, Model, ModelVersion } from '@sheaf/mesh';
import { batchabilityText, type ServedVersion } from '@sheaf/runtime';
import { openVersion } from './open-service.ts';

await main(async () => {
  const { values } = parseArgs({
    // So many are left out: they were tried before, the last of them ended its process.
    options: { skip: { type: 'string', default: '0' } },
  });
  const { what: mesh } = await handedOver<Mesh>();
  const surroundings = {
    adaptiveLimit: true,
    outputBytesMax: mesh.limits.innerMessageBytesMax,
    onOverrun: () => {},
  };
  const tell = ({ name }: Model, { version }: ModelVersion, outcome: string, opened?: ServedVersion): void => {
    const seen = opened?.isUntrue ? { seen: opened.signature } : {};
    const tried = { kind: 'tried', model: name, version, outcome, failed: !opened, ...seen } as const;
    report(tried, `${name}/${version}: ${outcome}`);
  };
  const all = mesh.models.flatMap((model) => model.versions.map((version) => [model, version] as const));
  for (const [model, version] of all.slice(Number(values.skip))) {
    try {
      const opened = await openVersion({ ...model, instances: 1 }, version, {
        ...surroundings,
        threads: model.intraOpThreads ?? 1,
      });
      await opened.close();
      const { batchability, notices = [] } = opened;
      tell(model, version, [...notices, ...(batchability ? [batchabilityText(batchability)] : [])].join('; '), opened);
    } catch (error) {
      tell(model, version, asInferError(error).message);
    }
  }
  process.disconnect?.();
});
