/** What a gateway counts: calls of its public server, what is done for them, and what happens on the way to services. */
import type { Journal } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { type BreakerRegistryOptions, logTransition } from '@sheaf/outbound';
import {
  createCallMetrics,
  createJournalMetrics,
  createRegistry,
  type JournalMetrics,
  type Registry,
} from '@sheaf/telemetry';
import type { CallLog, Server } from '@sheaf/transport';
import type { Revision } from './revision.ts';
import type { Revisions } from './revisions.ts';

export interface GatewayMetrics {
  readonly registry: Registry;
  /** Hears of each call of the public server. */
  readonly calls: CallLog;
  readonly onJournal: (journal: Journal) => void;
  readonly statisticsOf: JournalMetrics['statisticsOf'];
}

export interface MetricsPorts {
  readonly revisions: Revisions;
  /** Not asked before there is one. */
  readonly publicServer: () => Pick<Server, 'methods'> | undefined;
}

export function createGatewayMetrics(registry: Registry, { revisions, publicServer }: MetricsPorts): GatewayMetrics {
  const journals = createJournalMetrics(registry);
  let methods: ReadonlySet<string> | undefined;
  const calls = createCallMetrics({
    registry,
    hasMethod: (path) => {
      methods ??= new Set(publicServer()?.methods);
      return methods.has(path);
    },
    isServed: createIsServed(revisions),
  });
  return { registry, calls, onJournal: journals.onJournal, statisticsOf: journals.statisticsOf };
}

/** Undefined where mesh.yaml has `metrics: false`. Where nothing is written they are counted: whoever asks for statistics reads them too. */
export const openRegistry = ({ gateway }: Mesh): Registry | undefined =>
  gateway.metrics === false ? undefined : createRegistry();

function createIsServed(revisions: Revisions): (model: string, version: string) => boolean {
  let known: Revision | undefined;
  let names: ReadonlySet<string> = new Set();
  return (model, version) => {
    const { current } = revisions;
    if (current !== known) {
      known = current;
      names = new Set(current.policyStack.names());
    }
    return names.has(model) && (version === '' || current.catalog.callsOf(model, version) !== undefined);
  };
}

/** Counts what happens on the way to the services, and tells the log of breakers. */
export function countOutbound(registry: Registry | undefined): Pick<BreakerRegistryOptions, 'onTransition'> & {
  readonly onEject: (service: string) => void;
} {
  const transitions = registry?.counter('sheaf_breaker_transitions_total');
  const ejections = registry?.counter('sheaf_upstream_ejections_total');
  return {
    onTransition: (name, transition, caller) => {
      logTransition(name, transition, caller);
      if (transitions) transitions.of(name.service, transition.to).value++;
    },
    onEject: (service) => {
      if (ejections) ejections.of(service).value++;
    },
  };
}

export function countReload(registry: Registry | undefined, result: 'taken' | 'refused'): void {
  if (registry) registry.counter('sheaf_reloads_total').of(result).value++;
}
