/** What the Admin service of a gateway tells. */
import { type AdminClient, allKeys, createAdminClient } from '@sheaf/admin';
import { InferError } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/transport';
import type { AskedServer } from '../../asking/server-options.ts';
import type { Configuration } from '../../commands/admin/configuration-text.ts';
import { parseMetrics } from '../../top/parse-metrics.ts';
import type { Build, Gateway, Look } from '../look.ts';

/** To verify a long audit trail takes its time. */
const timeoutMs = 30_000;

export async function lookAtGateway({
  address,
  metadata,
  tls,
}: AskedServer): Promise<Pick<Look, 'gateway' | 'silence'>> {
  const client = createAdminClient(address, { metadata, tls, timeoutMs });
  try {
    return { gateway: await all(client), silence: undefined };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { gateway: undefined, silence: { address, why } };
  } finally {
    client.close();
  }
}

async function all(client: AdminClient): Promise<Gateway> {
  const { json } = await client.getConfiguration({});
  const [{ breakers }, { limits }, quarantine, { brokenAt }, builds, keys] = await Promise.all([
    client.listBreakers({}),
    client.getLimits({}),
    client.listQuarantine({}),
    client.listAudit({ after: 0, limit: 1 }),
    buildsOf(client),
    keysOf(client),
  ]);
  const configuration = JSON.parse(json) as Configuration;
  return { configuration, breakers, limits, quarantine, auditBrokenAt: brokenAt, builds, keys };
}

/** As its processes tell them by their metrics. */
async function buildsOf(client: AdminClient): Promise<readonly Build[]> {
  const { text } = await client.getMetrics({}).catch(() => ({ text: '' }));
  const samples = parseMetrics(String(text)).get('sheaf_build_info') ?? [];
  return samples.map(({ labels: { service = '', replica = '', node = '', onnxruntime = '' } }) => ({
    process: `${service} ${replica}`,
    node,
    onnxruntime,
  }));
}

/** They want the role admin, and whoever may only observe is told all else. */
async function keysOf(client: AdminClient): Promise<readonly ApiKey[] | undefined> {
  try {
    return await allKeys(client);
  } catch (error) {
    if (error instanceof InferError && error.code !== 'UNAVAILABLE') return undefined;
    throw error;
  }
}
