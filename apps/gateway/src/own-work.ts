/** What is done later, as this gateway takes it in and tells of it: the jobs and predictions in the folder of the mesh, or in its database. */
import { decodeOutputs } from '@sheaf/batch';
import type { Infer } from '@sheaf/inference';
import { createLaterServices, createQueue, type OpenedWork, openContents, openWork, type Work } from '@sheaf/jobs';
import type { Mesh } from '@sheaf/mesh';
import type { AuditLog } from '@sheaf/store';
import type { Registry } from '@sheaf/telemetry';
import type { LaterServices } from '@sheaf/transport';
import type { Catalog } from './catalog.ts';
import { countWork, hasWork } from './work-metrics.ts';

export interface OwnWorkPorts {
  readonly folder: string;
  /** Those in force. */
  readonly jobsNow: () => Mesh['jobs'];
  readonly audit: Pick<AuditLog, 'append'>;
  /** Undefined: nothing is counted. */
  readonly registry: Registry | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

export interface OwnWork {
  readonly services: Omit<LaterServices, 'submit'>;
  /** Stands where the catalog would be asked. */
  readonly queue: (catalog: Catalog) => Infer;
  /** To be done before each scrape. */
  readonly refresh: () => Promise<void>;
  close(): Promise<void>;
}

/** What cannot be opened is told to whoever asks, and tried again with the next call. */
export function ownWork({ folder, jobsNow, audit, registry, env = process.env }: OwnWorkPorts): OwnWork {
  let opening: Promise<OpenedWork & Pick<Work, 'close'>> | undefined;
  const opened = () => {
    opening ??= open(folder, env).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const counted = registry && countWork(registry, opened, () => opening !== undefined || hasWork(folder, env));
  const submit = { opened, rules: jobsNow, ...(counted && { onSubmitted: counted.onSubmitted }) };
  return {
    services: createLaterServices({
      opened,
      decodeOutputs,
      onOperator: async ({ action, actor, job, tenant }) => {
        await audit.append({ at: Date.now(), actor, action, subject: job, detail: `of tenant ${tenant}` });
      },
    }),
    queue: (catalog) => createQueue(submit, catalog.pin),
    refresh: async () => counted?.refresh(),
    close: async () => {
      const known = await opening?.catch(() => undefined);
      await known?.close();
    },
  };
}

async function open(folder: string, env: NodeJS.ProcessEnv): Promise<OpenedWork & Pick<Work, 'close'>> {
  const databaseUrl = env['DATABASE_URL'];
  const { jobs, predictions, close } = await openWork(folder, { ...(databaseUrl && { databaseUrl }) });
  return { jobs, predictions, contents: openContents(folder), close };
}
