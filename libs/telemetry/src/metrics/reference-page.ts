/** docs/metrics.md, from the table. */
import { labels, type Metric } from './metric.ts';
import { buckets, groups } from './table.ts';

const places: Readonly<Record<Metric['place'], string>> = {
  gateway: 'gateways',
  service: 'services',
  worker: 'workers',
  process: 'both',
};

const sources: Readonly<Record<Metric['source'], string>> = {
  calls: 'each call that has ended',
  journals: 'the journal of each call',
  runs: 'each run',
  events: 'as it happens',
  scrape: 'a look at each scrape',
};

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function tableOf(metrics: Readonly<Record<string, Metric>>): string {
  const rows = Object.entries(metrics).map(([name, { kind, help, labels: own, place, source }]) =>
    row([`\`${name}\``, kind, `${help}.`, code(own), places[place], sources[source]]),
  );
  return [
    row(['metric', 'kind', 'what it says', 'labels', 'of', 'from']),
    row(['---', '---', '---', '---', '---', '---']),
    ...rows,
  ].join('\n');
}

const list = (bounds: readonly number[]): string => bounds.join(', ');

/** The page, in Markdown. */
export function metricsPage(): string {
  const tables = groups.map(({ title, metrics }) => `## ${title}\n\n${tableOf(metrics)}`).join('\n\n');
  const meanings = Object.entries(labels).map(([name, meaning]) => row([`\`${name}\``, meaning]));
  return `# Metrics

What a running mesh tells Prometheus at \`http://127.0.0.1:8002/metrics\`, and a collector by OTLP ([how to get them](look-into.md)). This page is generated (\`npm run reference\`).

Every metric has the labels \`service\` and \`replica\` beside its own. Each process is shown as it is, and never added to another, so a process that was started again begins at 0 and \`rate()\` sees that. Names that callers make up have no series of their own.

${tables}

## Labels

${[row(['label', 'values']), row(['---', '---']), ...meanings].join('\n')}

## Buckets

Histograms of seconds have the upper bounds ${list(buckets.seconds)}; the others ${list(buckets.count)}. In OpenMetrics, which Prometheus asks for, a bucket has the trace id of the last traced call in it as its exemplar.
`;
}
