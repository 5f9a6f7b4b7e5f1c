/** What `deploy/observability` ships: the rules, and the queries of rules and dashboards. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);
export const prometheusFolder = fileURLToPath(new URL('deploy/observability/prometheus/', root));
const dashboardFolder = new URL('deploy/observability/grafana/dashboards/', root);
export const runbooks = readFileSync(new URL('docs/runbooks.md', root), 'utf8');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export const ruleFiles: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(`${prometheusFolder}rules`).map((name) => [
    name,
    readFileSync(`${prometheusFolder}rules/${name}`, 'utf8'),
  ]),
);
export const rules: readonly Rule[] = Object.values(ruleFiles).flatMap((text) =>
  (parse(text) as RuleFile).groups.flatMap((group) => group.rules),
);
export const alerts = rules.filter((rule): rule is Rule & { readonly alert: string } => rule.alert !== undefined);
export const recorded: ReadonlyMap<string, Rule> = new Map(
  rules.flatMap((rule) => (rule.record === undefined ? [] : [[rule.record, rule] as const])),
);

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly exemplar: boolean;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly options?: { readonly yAxis?: { readonly unit: string } };
  readonly targets?: readonly Target[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

/** As they are in their files. */
export const dashboardTexts: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(dashboardFolder).map((name) => [name, readFileSync(new URL(name, dashboardFolder), 'utf8')]),
);
export const shippedDashboards: readonly Dashboard[] = Object.values(dashboardTexts).map(
  (text) => JSON.parse(text) as Dashboard,
);

export interface ShippedQuery {
  /** Where it stands. */
  readonly of: string;
  readonly expr: string;
  readonly legend: string;
}

export const dashboardQueries: readonly ShippedQuery[] = shippedDashboards.flatMap(({ title, panels }) =>
  panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr, legendFormat }) => ({
      of: `${title}, ${panel.title}, ${legendFormat}`,
      expr,
      legend: legendFormat,
    })),
  ),
);
export const ruleQueries: readonly ShippedQuery[] = rules.map(({ record, alert, expr, annotations = {} }) => ({
  of: record ?? alert ?? '',
  expr,
  // Labels stand there as `{{ $labels.model }}`.
  legend: (annotations['summary'] ?? '').replaceAll('$labels.', ''),
}));
