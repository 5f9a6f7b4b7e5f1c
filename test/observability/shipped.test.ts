/** What is shipped for Prometheus and Grafana: it is well formed, names nothing that there is not, and is as complete as it says. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { metrics } from '@sheaf/telemetry';
import { parse } from 'yaml';
import { dashboards } from '../../deploy/observability/dashboards/all.ts';
import { runSheaf } from '../support/sheaf.ts';
import { namesIn } from './promql-names.ts';
import {
  alerts,
  dashboardQueries,
  dashboardTexts,
  prometheusFolder,
  recorded,
  ruleQueries,
  runbooks,
  shippedDashboards,
} from './shipped.ts';
import { promtool, skip } from './stock-prometheus.ts';

/** What Prometheus itself writes to each series of a scrape. */
const ofTarget = ['job', 'instance'];
const ofPrometheus: Readonly<Record<string, readonly string[]>> = {
  up: ofTarget,
  ALERTS: [...ofTarget, 'alertname', 'alertstate', 'severity'],
};

const table: Readonly<Record<string, { readonly kind: string; readonly labels: readonly string[] }>> = metrics;

/** The labels of a metric by the name that queries have it by; undefined: there is none. */
function labelsOf(name: string): readonly string[] | undefined {
  const rule = recorded.get(name);
  if (rule) {
    const { metrics: used, groupedBy } = namesIn(rule.expr);
    return [
      ...groupedBy,
      ...used.filter((metric) => recorded.has(metric.name)).flatMap((metric) => labelsOf(metric.name) ?? []),
    ];
  }
  if (name in ofPrometheus) return ofPrometheus[name];
  const [, base = name, suffix] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = table[base]?.kind === 'histogram' ? table[base] : undefined;
  const metric = suffix && histogram ? histogram : table[name];
  if (metric === undefined || (metric.kind === 'histogram' && suffix === undefined)) return undefined;
  return [...ofTarget, 'service', 'replica', ...metric.labels, ...(suffix === 'bucket' && histogram ? ['le'] : [])];
}

/** Each name that there is not. */
function strangersIn(expr: string, legend = ''): string[] {
  const { metrics: used, groupedBy } = namesIn(expr);
  const known = new Set(used.flatMap(({ name }) => labelsOf(name) ?? []));
  const shown = Array.from(legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g), ([, label = '']) => label);
  return [
    ...used.flatMap(({ name, labels }) => {
      const own = labelsOf(name);
      return own ? labels.filter((label) => !own.includes(label)).map((label) => `${name}{${label}}`) : [name];
    }),
    ...[...groupedBy, ...shown].filter((label) => !known.has(label)),
  ];
}

describe('the queries of rules and dashboards', () => {
  for (const { of, expr, legend } of [...ruleQueries, ...dashboardQueries])
    it(`name what there is: ${of}`, () => {
      assert.ok(namesIn(expr).metrics.length > 0 || /^vector\(/.test(expr));
      assert.deepEqual(strangersIn(expr, legend), []);
    });

  it('are found to name what there is not', () => {
    assert.deepEqual(strangersIn('sum by (modle) (rate(sheaf_request_total{model="a", wrong=~"b"}[5m]))'), [
      'sheaf_request_total',
      'modle',
    ]);
    assert.deepEqual(
      strangersIn('sheaf_requests_total{tenant="a"} / on (job) sheaf_requests_in_flight_bucket', '{{nobody}}'),
      ['sheaf_requests_total{tenant}', 'sheaf_requests_in_flight_bucket', 'nobody'],
    );
    assert.deepEqual(strangersIn('rate(sheaf_request_duration_seconds[5m])'), ['sheaf_request_duration_seconds']);
    assert.deepEqual(strangersIn('sheaf:requests_bad:ratio1h{tenant="a"} > 1e3'), [
      'sheaf:requests_bad:ratio1h{tenant}',
    ]);
  });
});

describe('the rules for Prometheus', { skip }, () => {
  it('are right, and so is the configuration', async () => {
    assert.equal(
      await promtool(['check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yml'], prometheusFolder),
      undefined,
    );
  });

  const files = readdirSync(`${prometheusFolder}rule-tests`);
  for (const file of files)
    it(`do what ${file} says`, async () => {
      assert.equal(await promtool(['test', 'rules', `rule-tests/${file}`], prometheusFolder), undefined);
    });

  it('have for each alert a test in which it fires and one in which it does not', () => {
    const tested = files.flatMap((file) =>
      (parse(readFileSync(`${prometheusFolder}rule-tests/${file}`, 'utf8')) as RuleTests).tests.flatMap(
        ({ alert_rule_test }) => alert_rule_test,
      ),
    );
    for (const { alert } of alerts) {
      const cases = tested.filter(({ alertname }) => alertname === alert);
      assert.ok(
        cases.some(({ exp_alerts }) => exp_alerts.length > 0) &&
          cases.some(({ exp_alerts }) => exp_alerts.length === 0),
        alert,
      );
    }
  });
});

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
  }[];
}

describe('the runbooks', () => {
  it('have a section for each alert, to which it leads, and no others', () => {
    const sections = Array.from(runbooks.matchAll(/^## (Sheaf\w+)$/gm), ([, name]) => name);
    assert.deepEqual(sections.toSorted(), alerts.map(({ alert }) => alert).toSorted());
    for (const { alert, annotations = {}, labels = {} } of alerts) {
      assert.equal(annotations['runbook_url'], `docs/runbooks.md#${alert.toLowerCase()}`);
      assert.match(labels['severity'] ?? '', /^(page|ticket)$/, alert);
    }
  });

  it('say what it means, what to look at and what to type', () => {
    for (const section of runbooks.split(/^## /m).slice(1)) {
      const name = section.split('\n')[0];
      for (const part of ['**Means:**', '**Look at:**', '**Do:**'])
        assert.ok(section.includes(part), `${name}: ${part}`);
      assert.match(section, /`(sheaf|npx sheaf|curl|openssl|kill|ls) /, `${name}: nothing to type`);
    }
  });
});

describe('the commands of the runbooks', () => {
  it('are there', async () => {
    const { stdout } = await runSheaf(['--help']);
    const commands = new Map(
      Array.from(stdout.matchAll(/^ {2}sheaf (\S+) (\S*)/gm), ([, name = '', more = '']) => [name, more.split('|')]),
    );
    const typed = Array.from(runbooks.matchAll(/`(?:npx )?sheaf (\S+?)(?: ([^`]*))?`/g));
    assert.ok(typed.length > 0);
    for (const [text, name = '', rest = ''] of typed) {
      const actions = commands.get(name);
      assert.ok(actions, text);
      const [action = ''] = rest.split(' ');
      assert.ok(actions.length === 1 || actions.includes(action), text);
    }
  });
});

describe('the dashboards', () => {
  it('are as `npm run dashboards` writes them', () => {
    assert.deepEqual(Object.keys(dashboardTexts).toSorted(), Object.keys(dashboards).toSorted());
    for (const [name, content] of Object.entries(dashboards))
      assert.deepEqual(JSON.parse(dashboardTexts[name] ?? ''), JSON.parse(JSON.stringify(content)), name);
  });

  for (const { uid, title, panels, templating, annotations } of shippedDashboards)
    it(`have panels that say what they are for, in their own places: ${title}`, () => {
      const shown = panels.filter(({ type }) => type !== 'row');
      for (const { title: name, description = '', fieldConfig, options, targets = [] } of shown) {
        assert.match(description, /^[\dA-Z].*\.$/, `${name}: want a sentence`);
        assert.ok(fieldConfig?.defaults.unit ?? options?.yAxis?.unit, `${name}: want a unit`);
        assert.ok(targets.length > 0 && new Set(targets.map(({ refId }) => refId)).size === targets.length, name);
        for (const { expr, exemplar } of targets)
          assert.equal(exemplar, expr.includes('_bucket') && exemplar, `${name}: exemplars are of buckets`);
      }
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
      const taken = new Set<string>();
      for (const { title: name, gridPos } of panels)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.ok(x < 24 && !taken.has(`${x} ${y}`), `${name} lies on another panel`);
            taken.add(`${x} ${y}`);
          }
      for (const { definition = '' } of templating.list) {
        const [, metric = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
        if (metric) assert.deepEqual(strangersIn(`sum by (${label}) (${metric})`), []);
      }
      for (const { expr } of annotations.list) assert.deepEqual(strangersIn(expr), []);
      assert.match(uid, /^sheaf-[a-z]+$/);
    });

  it('lead to each other, to variables that are there', () => {
    const variables = new Map(
      shippedDashboards.map(({ uid, templating }) => [uid, templating.list.map(({ name }) => name)]),
    );
    const urls = Object.values(dashboardTexts).flatMap((text) =>
      Array.from(text.matchAll(/"url": "\/d\/([^"]+)"/g), ([, url = '']) => url),
    );
    assert.ok(urls.length > 0);
    for (const url of urls) {
      const [uid = '', query = ''] = url.split('?');
      for (const [, name = ''] of query.matchAll(/var-(\w+)=/g)) assert.ok(variables.get(uid)?.includes(name), url);
    }
  });
});

describe('the stack for Docker', () => {
  const folder = new URL('../../deploy/observability/', import.meta.url);
  const read = (file: string): unknown => parse(readFileSync(new URL(file, folder), 'utf8'));

  it('mounts what there is, listens on this machine only, and has versions that do not change', () => {
    const { services } = read('compose.yaml') as {
      readonly services: Readonly<Record<string, { readonly image: string; readonly volumes?: readonly string[] }>>;
    };
    for (const [name, { image, volumes = [] }] of Object.entries(services)) {
      assert.match(image, /^[\w/-]+:v?\d+\.\d+\.\d+$/, name);
      for (const [from = '', , mode] of volumes.map((volume) => volume.split(':')))
        if (from.startsWith('.')) assert.ok(existsSync(new URL(from, folder)) && mode === 'ro', from);
    }
    const text = readFileSync(new URL('compose.yaml', folder), 'utf8');
    assert.equal(text.match(/127\.0\.0\.1/g)?.length, Object.keys(services).length);
  });

  it('leads from exemplars to traces', () => {
    const { datasources } = read('grafana/provisioning/datasources/sheaf.yaml') as {
      readonly datasources: readonly {
        readonly uid: string;
        readonly jsonData?: { readonly exemplarTraceIdDestinations: readonly { readonly datasourceUid: string }[] };
      }[];
    };
    const uids = datasources.map(({ uid }) => uid);
    const leads = datasources.flatMap(({ jsonData }) => jsonData?.exemplarTraceIdDestinations ?? []);
    assert.ok(leads.length > 0 && leads.every(({ datasourceUid }) => uids.includes(datasourceUid)));
  });
});
