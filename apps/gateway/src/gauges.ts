/** What a gateway tells at each scrape of how it stands, read from what is there anyway. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { trustedCaller } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import type { ResilienceState } from '@sheaf/outbound';
import type { Registry } from '@sheaf/telemetry';
import type { Revisions } from './revisions.ts';

export interface GaugePorts {
  readonly registry: Registry;
  readonly revisions: Revisions;
  readonly resilienceState: ResilienceState;
  /** Whether anybody can tell which keys count. */
  readonly isFresh: () => boolean;
  /** Looks how much work waits. */
  readonly refreshWork: () => Promise<void>;
}

const breakerStates = { closed: 0, 'forced-closed': 0, 'half-open': 1, open: 2, 'forced-open': 2 } as const;

/** Answers what is to be done before each scrape: some of it has to be asked for. */
export function readGauges(ports: GaugePorts): () => Promise<void> {
  const { registry, revisions, isFresh, refreshWork } = ports;
  const current = () => revisions.current;
  readOutbound(ports);
  registry.read('sheaf_epoch', () => [[[], revisions.snapshot().epoch]]);
  registry.read('sheaf_keys_fresh', () => [[[], isFresh() ? 1 : 0]]);
  registry.read('sheaf_model_ready', () =>
    revisions.names().map((name) => [[name], revisions.isReady(name, '', trustedCaller) ? 1 : 0] as const),
  );
  registry.read('nv_inference_pending_request_count', () => {
    const { catalog } = current();
    return catalog.names().flatMap((name) => catalog.pending(name).map(([version, runs]) => [[name, version], runs]));
  });
  registry.read('sheaf_parts_out', () =>
    [...Map.groupBy(current().catalog.out, ({ kind }) => kind)].map(([kind, parts]) => [[kind], parts.length] as const),
  );
  let uses: readonly (readonly [readonly string[], number])[] = [];
  let ends: readonly (readonly [readonly string[], number])[] = [];
  registry.read('sheaf_limit_use_ratio', () => uses);
  registry.read('sheaf_certificate_expiry_timestamp_seconds', () => ends);
  return async () => {
    uses = await limitUses(revisions);
    ends = await certificateEnds(current().served.mesh);
    await refreshWork();
  };
}

function readOutbound({ registry, revisions, resilienceState }: GaugePorts): void {
  const { breakers, quarantine, outages, ejected } = resilienceState;
  registry.read('sheaf_breaker_state', () =>
    breakers
      .reports()
      .map(({ service, endpoint, model, version, state }) => [
        [service, endpoint, model, version],
        breakerStates[state],
      ]),
  );
  registry.read('sheaf_quarantined_requests', () => {
    const upstreams = Map.groupBy(quarantine.requests.list(), ({ model }) => serviceOf(revisions, model));
    return [...upstreams].map(([upstream, requests]) => [[upstream], requests.length] as const);
  });
  registry.read('sheaf_slowed_callers', () => [[[], quarantine.offenders.list().length]]);
  registry.read('sheaf_upstream_ejected_endpoints', () =>
    revisions.current.services.all.map(({ service: { name } }) => [[name], ejected.get(name)?.() ?? 0] as const),
  );
  registry.read('sheaf_upstream_endpoints', () =>
    revisions.current.services.all.flatMap(({ service: { name }, endpoints }) => {
      const states = { ready: 0, not_ready: 0, crash_loop: 0 };
      for (const { target, isReady } of endpoints())
        states[outages.find(name, target) ? 'crash_loop' : isReady ? 'ready' : 'not_ready']++;
      return Object.entries(states).map(([state, count]) => [[name, state], count] as const);
    }),
  );
}

const serviceOf = (revisions: Revisions, model: string): string =>
  revisions.current.services.holding(model)?.service.name ?? '';

/** Of each limit, by the caller who has least left of it. */
async function limitUses(revisions: Revisions): Promise<readonly (readonly [readonly string[], number])[]> {
  const limits = await revisions.current.policyStack.limits().catch(() => []);
  return limits.flatMap(({ name, policy, buckets }) => {
    const most = Number(/;q=([\d.]+)/.exec(policy)?.[1]);
    if (buckets.length === 0 || !(most > 0)) return [];
    const least = Math.min(...buckets.map(({ remaining }) => remaining));
    return [[[name], Math.min(1, Math.max(0, 1 - least / most))] as const];
  });
}

/** Of what is shown to others. A file that cannot be read has been told of by whoever shows it. */
async function certificateEnds(mesh: Mesh): Promise<readonly (readonly [readonly string[], number])[]> {
  const files = [
    ['gateway', mesh.gateway.tls?.certificate],
    ['mesh', mesh.tls?.certificate],
    ...mesh.services.map(({ name, tls }) => [name, tls?.certificate] as const),
  ] as const;
  const ends = files.map(async ([subject, file]) => {
    if (file === undefined) return [];
    const pem = await readFile(file).catch(() => undefined);
    return pem ? [[[subject], new X509Certificate(pem).validToDate.getTime() / 1000] as const] : [];
  });
  return (await Promise.all(ends.map((end) => end.catch(() => [])))).flat();
}
