/** The Admin service of a gateway, for a command or a console. */
import { type AdminCalls, type AdminConnectionOptions, type ApiKey, connectAdmin } from '@sheaf/transport';
import type { KeyCalls } from '../service/keys.ts';

/** Every method of the service, by its messages; each throws InferError. */
export interface AdminClient extends AdminCalls {
  close(): void;
}

/** Connects with the first call. */
export function createAdminClient(target: string, options: AdminConnectionOptions): AdminClient {
  const { calls, close } = connectAdmin(target, options);
  return { ...calls, close };
}

/** Keys of one question: the most. */
const keysPage = 1_000;

/** Reads all keys, the oldest first, however many questions that takes. */
export async function allKeys({ listKeys }: Pick<KeyCalls, 'listKeys'>): Promise<readonly ApiKey[]> {
  const all: ApiKey[] = [];
  for (;;) {
    const { keys } = await listKeys({ after: all.at(-1)?.id ?? '', limit: keysPage });
    all.push(...keys);
    if (keys.length < keysPage) return all;
  }
}
