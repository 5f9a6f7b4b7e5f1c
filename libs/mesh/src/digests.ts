/** Whether two states of a folder say the same can be told by these without telling what they say. */
import { hash } from 'node:crypto';
import type { Mesh } from './mesh.ts';

/** `none` where there are none. Where the folder lies makes no difference. */
export const policiesDigest = ({ folder, policies }: Pick<Mesh, 'folder' | 'policies'>): string =>
  policies ? digestOf(policies, folder) : 'none';

/** Of what a pipeline's file says. */
export const pipelineDigest = ({ folder }: Pick<Mesh, 'folder'>, { spec }: Mesh['pipelines'][number]): string =>
  digestOf(spec, folder);

const digestOf = (what: object, folder: string): string =>
  `sha256:${hash('sha256', JSON.stringify(what).replaceAll(folder, ''), 'hex')}`;
