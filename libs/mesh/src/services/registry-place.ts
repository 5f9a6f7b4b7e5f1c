import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { meshDocument } from '../language/mesh-document.ts';
import type { RegistryPlace } from '../mesh.ts';
import { readDocument, readYaml } from '../yaml-file.ts';
import { readRegistry } from './read-registry.ts';

/** What mesh.yaml says of a registry, before the folder is read, which tells every mistake. Undefined where it says nothing of one. */
export async function registryPlace(path: string): Promise<RegistryPlace | undefined> {
  const folder = resolve(path);
  const file = join(folder, 'mesh.yaml');
  const exists = await stat(file).catch(() => undefined);
  const yaml = exists && (await readYaml(file, 'mesh.yaml', []));
  const written = yaml && readDocument(yaml, meshDocument, []);
  if (!yaml || !written) return undefined;
  return readRegistry({ place: yaml.place, folder, path: ['registry'], problems: [], notes: [] }, written.registry);
}
