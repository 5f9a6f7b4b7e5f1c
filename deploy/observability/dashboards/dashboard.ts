/** A dashboard of Grafana: panels in rows, variables, and links to the others. */
import { datasource, type Panel } from './panel.ts';

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** What is chosen at the top: the values that a label of a metric has. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly metric: string;
  /** Where it is not called like the variable. */
  readonly of?: string;
  readonly isMulti?: boolean;
}

export interface DashboardOptions {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Beside the data source and the mesh. */
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

const tag = 'sheaf';
const columns = 24;
/** Then Grafana takes the first that there is. */
const nobody = { text: '', value: '' };

function queryVariable({ name, label, metric, of = name, isMulti = false }: Variable, selector: string): object {
  const query = `label_values(${metric}${selector}, ${of})`;
  return {
    type: 'query',
    name,
    label,
    datasource,
    definition: query,
    query: { query, refId: `variable-${name}` },
    refresh: 2,
    sort: 1,
    multi: isMulti,
    includeAll: isMulti,
    ...(isMulti && { allValue: '.+' }),
    current: isMulti ? { text: 'All', value: '$__all' } : nobody,
    options: [],
    // The empty name is of calls that ended before anybody had read what they ask for.
    regex: '/.+/',
    hide: 0,
  };
}

/** Places panels side by side, and below each other where a row is full. */
function layOut(rows: readonly Row[]): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      id: placed.length + 1,
      gridPos: { h: 1, w: columns, x: 0, y },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const { type, title, description, width, height: own, targets, rest } of panels) {
      if (x + width > columns) {
        y += height;
        x = 0;
        height = 0;
      }
      const gridPos = { h: own, w: width, x, y };
      placed.push({ id: placed.length + 1, type, title, description, datasource, gridPos, targets, ...rest });
      x += width;
      height = Math.max(height, own);
    }
    y += height;
  }
  return placed;
}

/** As Grafana 11 and 12 read it from a file. */
export function dashboard({ uid, title, description, variables, rows }: DashboardOptions): object {
  return {
    uid,
    title,
    description,
    tags: [tag],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: '',
    annotations: {
      list: [
        {
          name: 'Alerts',
          datasource,
          enable: true,
          iconColor: 'red',
          expr: 'ALERTS{alertname=~"Sheaf.*", alertstate="firing", job=~"$job"}',
          titleFormat: '{{alertname}}',
          textFormat: '{{severity}} {{model}} {{upstream}}',
          step: '60s',
        },
      ],
    },
    links: [
      {
        type: 'dashboards',
        title: 'Sheaf',
        icon: 'external link',
        tooltip: 'The other dashboards of the mesh',
        tags: [tag],
        asDropdown: true,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
      },
    ],
    templating: {
      list: [
        {
          type: 'datasource',
          name: 'datasource',
          label: 'Prometheus',
          query: 'prometheus',
          current: { text: 'default', value: 'default' },
          options: [],
          refresh: 1,
          regex: '',
          hide: 0,
          multi: false,
          includeAll: false,
        },
        queryVariable({ name: 'job', label: 'Mesh', metric: 'sheaf_build_info', isMulti: true }, ''),
        ...variables.map((variable) => queryVariable(variable, '{job=~"$job"}')),
      ],
    },
    panels: layOut(rows),
  };
}
