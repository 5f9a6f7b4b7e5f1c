/** What is done later, as this gateway takes it in and tells of it: the jobs and predictions in the folder of the mesh, or in its database. */
import type { Infer } from '@sheaf/inference';
import {
  createLaterServices,
  createQueue,
  type OpenedWork,
  openContents,
  openWork,
  type SubmitRules,
  type Work,
} from '@sheaf/jobs';
import type { AuditLog } from '@sheaf/store';
import type { Registry } from '@sheaf/telemetry';
import type { LaterServices } from '@sheaf/transport';
import type { Catalog } from './catalog.ts';
import { countWork, hasWork } from './work-metrics.ts';

const sweepEveryMs = 3_600_000;

export interface OwnWorkPorts {
  readonly folder: string;
  /** Those in force. */
  readonly rules: () => SubmitRules;
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
export function ownWork({ folder, rules, audit, registry, env = process.env }: OwnWorkPorts): OwnWork {
  let opening: Promise<OpenedWork & Pick<Work, 'close'>> | undefined;
  const opened = () => {
    opening ??= open(folder).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const counted = registry && countWork(registry, opened, () => opening !== undefined || hasWork(folder, env));
  const submit = { opened, rules, ...(counted && { onSubmitted: counted.onSubmitted }) };
  return {
    services: createLaterServices({
      opened,
      rules,
      loadDecode: async () => (await import('@sheaf/batch')).decodeOutputs,
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

async function open(folder: string): Promise<OpenedWork & Pick<Work, 'close'>> {
  const { jobs, predictions, close } = await openWork(folder, { databaseUrl: process.env['DATABASE_URL'] });
  const contents = openContents(folder);
  /** Files that no job refers to any more; what cannot be removed now is there the next time. */
  const sweep = (): void => void contents.sweep(jobs).catch(() => undefined);
  const timer = setInterval(sweep, sweepEveryMs).unref();
  sweep();
  return {
    ...{ jobs, predictions, contents },
    close: async () => {
      clearInterval(timer);
      await close();
    },
  };
}
