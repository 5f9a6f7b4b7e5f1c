/** Opens the queue of a mesh. */
import { InferError } from '@sheaf/inference';
import type { Work } from '@sheaf/jobs';
import * as jobs from '@sheaf/jobs';

type OpenWork = (folder: string, options: { readonly databaseUrl?: string }) => Promise<Work>;

export async function openQueue(folder: string): Promise<Work> {
  const databaseUrl = process.env['DATABASE_URL'];
  const { openWork } = jobs as unknown as { readonly openWork?: OpenWork };
  if (!openWork) throw new InferError('UNIMPLEMENTED', 'there is no queue that could be opened');
  return openWork(folder, databaseUrl ? { databaseUrl } : {});
}
