/** Gathers the numbers of the processes of a mesh: each as it is, and none added to another. */
import type { MetricSamples, MetricsRequest } from '@sheaf/transport';
import { samplesOf, wholeText } from './exposition.ts';
import { labelText, type Registry } from './registry.ts';

/** A process that is asked for its numbers. */
export interface ScrapedProcess {
  readonly service: string;
  /** `host:port`. */
  readonly endpoint: string;
  /** From 1: a process that takes the place of one that ended has its number. */
  readonly replica: number;
  metrics(request: MetricsRequest, timeoutMs: number): Promise<readonly MetricSamples[]>;
}

export interface ScrapeOptions {
  readonly registry: Registry;
  /** Which of the mesh's gateways this is, from 1. */
  readonly number: number;
  /** Of the services that are ours, as they are now. */
  readonly processes: () => readonly ScrapedProcess[];
}

/** A process that does not answer for so long is left out. Prometheus gives a scrape 10 s by default. */
const processMaxMs = 3_000;

export interface Scrape {
  readonly openmetrics: boolean;
  /** Whether processes of services are asked too. */
  readonly withServices: boolean;
}

/** Makes the text of a scrape, in parts. */
export function createScrape({ registry, number, processes }: ScrapeOptions) {
  const failures = registry.counter('sheaf_scrape_failures_total');
  let last: readonly { readonly process: ScrapedProcess; readonly isUp: boolean }[] = [];
  registry.read('sheaf_scrape_process_up', () =>
    last.map(({ process: { service, endpoint }, isUp }) => [[service, endpoint], isUp ? 1 : 0] as const),
  );
  const ask = async (process: ScrapedProcess, openmetrics: boolean): Promise<readonly MetricSamples[] | undefined> => {
    const { service, replica } = process;
    const labels = labelText(['service', 'replica'], [service, String(replica)]);
    try {
      return await process.metrics({ labels, openmetrics }, processMaxMs);
    } catch {
      failures.of(service).value++;
      return undefined;
    }
  };
  return async ({ openmetrics, withServices }: Scrape): Promise<Iterable<Uint8Array>> => {
    const asked = withServices ? processes() : [];
    const told = await Promise.all(asked.map((process) => ask(process, openmetrics)));
    last = asked.map((process, index) => ({ process, isUp: told[index] !== undefined }));
    const labels = labelText(['service', 'replica'], ['gateway', String(number)]);
    const own = await samplesOf(registry, { labels, openmetrics });
    return wholeText([own, ...told.filter((samples) => samples !== undefined)], openmetrics);
  };
}
