/** A Prometheus that is not ours, and what it answers. */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sheaf/supervisor';
import { waitFor } from '../support/wait-for.ts';

const installed = ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0);
/** For `skip`: false, or why. Where everything is required the tests run, and fail. */
export const skip =
  installed || process.env['SHEAF_INTEROP'] === 'required'
    ? false
    : 'prometheus and promtool are not installed (apt install prometheus)';

/** Runs promtool in a folder; answers what it says when it finds something wrong. */
export function promtool(args: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('promtool', args, { cwd, timeout: 240_000 }, (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}${error.message}` : undefined),
    );
  });
}

/** One series of an answer, as it is now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

export interface Prometheus extends AsyncDisposable {
  readonly port: number;
  query(expr: string): Promise<readonly Sample[]>;
  alerts(): Promise<readonly Alert[]>;
  /** Trace ids that stand beside the buckets of a query. */
  exemplars(expr: string): Promise<readonly string[]>;
}

export interface PrometheusOptions {
  /** What is scraped, as `host:port`. */
  readonly targets: readonly string[];
  readonly scrapeMs: number;
  /** Rule files: name -> content. */
  readonly rules?: Readonly<Record<string, string>>;
}

export async function startPrometheus({ targets, scrapeMs, rules = {} }: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-prometheus-'));
  for (const [name, text] of Object.entries(rules)) await writeFile(join(folder, name), text);
  await writeFile(
    join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: {
        scrape_interval: `${scrapeMs}ms`,
        scrape_timeout: `${scrapeMs}ms`,
        evaluation_interval: `${scrapeMs}ms`,
      },
      rule_files: Object.keys(rules),
      scrape_configs: [{ job_name: 'sheaf', honor_labels: true, static_configs: [{ targets }] }],
    }),
  );
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      ...['--config.file', join(folder, 'prometheus.yml'), '--storage.tsdb.path', join(folder, 'data')],
      ...['--web.listen-address', `127.0.0.1:${port}`, '--enable-feature', 'exemplar-storage', '--log.level', 'warn'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk));
  const get = async (path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(query)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: unknown };
    assert.equal(answer.status, 'success', `${answer.error} ${query['query']}`);
    return answer.data;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true });
  };
  try {
    const isReady = async (): Promise<boolean> => {
      assert.equal(child.exitCode, null, told);
      return fetch(`http://127.0.0.1:${port}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    await waitFor(isReady, () => told, 60_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    query: async (expr) => {
      const { result } = (await get('query', { query: expr })) as {
        result: { metric: object; value: [number, string] }[];
      };
      return result.map(({ metric, value }) => ({ metric: metric as Sample['metric'], value: Number(value[1]) }));
    },
    alerts: async () => ((await get('alerts')) as { alerts: Alert[] }).alerts,
    exemplars: async (expr) => {
      const end = Date.now() / 1_000;
      const found = (await get('query_exemplars', {
        query: expr,
        start: String(end - 3_600),
        end: String(end + 60),
      })) as {
        exemplars: { labels: Record<string, string> }[];
      }[];
      return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''));
    },
    [Symbol.asyncDispose]: stop,
  };
}
