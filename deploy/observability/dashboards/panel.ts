/** Panels of Grafana, from the little that differs between them. */

export interface Query {
  /** PromQL. `$job` and the other variables of the dashboard are filled in by Grafana, and so is `$__rate_interval`. */
  readonly expr: string;
  /** What the legend says, such as `{{model}}`; for a table the name of the column. */
  readonly legend: string;
}

/** From a value on, a colour; the first holds for all below. */
type Thresholds = readonly (readonly [from: number, color: string])[];

export interface PanelOptions {
  readonly title: string;
  /** The question that it answers, and what to think of the answer. */
  readonly description: string;
  /** Of Grafana, such as `s`, `reqps`, `percentunit`, `bytes`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of the 24 columns. Default 12. */
  readonly width?: number;
  readonly thresholds?: Thresholds;
  readonly isStacked?: boolean;
  readonly max?: number;
  readonly isLogarithmic?: boolean;
  readonly links?: readonly Link[];
  /** Texts for values. */
  readonly mappings?: Readonly<Record<string, readonly [text: string, color: string]>>;
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

/** A panel without its number and place. */
export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly targets: readonly object[];
  readonly rest: object;
}

export const datasource = { type: 'prometheus', uid: `\${datasource}` };

/** To another dashboard of ours, with the time and the mesh that are looked at; `label` of the series is its variable of that name. */
export const linkTo = (title: string, uid: string, label: string, variable: string = label): Link => ({
  title,
  url: `/d/${uid}?\${__url_time_range}&\${datasource:queryparam}&\${job:queryparam}&var-${variable}=\${__field.labels.${label}}`,
});

/** From a cell of a table, whose field is called as the label is. */
export const linkFromCell = (title: string, uid: string, label: string, variable: string = label): Link => ({
  title,
  url: `/d/${uid}?\${__url_time_range}&\${datasource:queryparam}&\${job:queryparam}&var-${variable}=\${__data.fields.${label}}`,
});

const refIds = 'ABCDEFGH';

const targetsOf = (queries: readonly Query[], how: object): object[] =>
  queries.map(({ expr, legend }, index) => ({
    refId: refIds[index],
    datasource,
    editorMode: 'code',
    expr,
    legendFormat: legend,
    // Points with a trace id stand beside the line that they are of.
    exemplar: expr.includes('_bucket'),
    ...how,
  }));

const steps = (thresholds: Thresholds): object => ({
  mode: 'absolute',
  steps: thresholds.map(([from, color], index) => ({ color, value: index === 0 ? null : from })),
});

const mappingsOf = (mappings: PanelOptions['mappings'] = {}): object[] => [
  {
    type: 'value',
    options: Object.fromEntries(
      Object.entries(mappings).map(([value, [text, color]], index) => [value, { text, color, index }]),
    ),
  },
];

const green: Thresholds = [[0, 'green']];

/** For what should be none. */
export const none: Thresholds = [
  [0, 'green'],
  [1, 'red'],
];

function defaults({ unit, thresholds = green, max, links = [], mappings }: PanelOptions): Record<string, unknown> {
  return {
    unit,
    min: 0,
    ...(max !== undefined && { max }),
    thresholds: steps(thresholds),
    mappings: mappings ? mappingsOf(mappings) : [],
    links,
  };
}

const common = ({ title, description, width = 12 }: PanelOptions) => ({ title, description, width });

/** Lines over time. */
export function lines(options: PanelOptions): Panel {
  const { queries, isStacked = false, isLogarithmic = false, thresholds } = options;
  const custom = {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: isStacked ? 40 : 5,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: isStacked ? 'normal' : 'none', group: 'A' },
    scaleDistribution: isLogarithmic ? { type: 'log', log: 10 } : { type: 'linear' },
    thresholdsStyle: { mode: thresholds ? 'dashed' : 'off' },
  };
  // A logarithm has no zero.
  const { min, ...others } = defaults(options);
  return {
    ...common(options),
    type: 'timeseries',
    height: 8,
    targets: targetsOf(queries, { range: true }),
    rest: {
      fieldConfig: { defaults: { ...others, ...(isLogarithmic ? {} : { min }), custom }, overrides: [] },
      options: {
        legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['lastNotNull', 'max'] },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },
  };
}

/** One number, as it is now, with its course behind it. */
export function stat(options: PanelOptions): Panel {
  return {
    ...common({ width: 4, ...options }),
    type: 'stat',
    height: 4,
    targets: targetsOf(options.queries, { range: true }),
    rest: {
      fieldConfig: { defaults: defaults(options), overrides: [] },
      options: {
        colorMode: 'value',
        graphMode: 'area',
        justifyMode: 'auto',
        textMode: 'auto',
        orientation: 'auto',
        wideLayout: true,
        showPercentChange: false,
        percentChangeColorMode: 'standard',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
    },
  };
}

/** How the values of a histogram are spread, over time. The query is of its buckets, by `le`. */
export function heatmap(options: PanelOptions): Panel {
  return {
    ...common(options),
    type: 'heatmap',
    height: 8,
    targets: targetsOf(options.queries, { range: true, format: 'heatmap' }),
    rest: {
      fieldConfig: { defaults: { custom: { scaleDistribution: { type: 'linear' } } }, overrides: [] },
      options: {
        calculate: false,
        cellGap: 1,
        color: {
          ...{ mode: 'scheme', scheme: 'Oranges', fill: 'dark-orange', scale: 'exponential', exponent: 0.5, steps: 64 },
          reverse: false,
        },
        exemplars: { color: 'rgba(255,0,255,0.7)' },
        filterValues: { le: 1e-9 },
        legend: { show: true },
        rowsFrame: { layout: 'auto' },
        showValue: 'never',
        tooltip: { mode: 'single', showColorScale: false, yHistogram: false },
        yAxis: { axisPlacement: 'left', unit: options.unit, reverse: false },
      },
    },
  };
}

/** The state of each thing over time, in colours. */
export function states(options: PanelOptions): Panel {
  return {
    ...common(options),
    type: 'state-timeline',
    height: 8,
    targets: targetsOf(options.queries, { range: true }),
    rest: {
      fieldConfig: { defaults: { ...defaults(options), custom: { fillOpacity: 80, lineWidth: 0 } }, overrides: [] },
      options: {
        alignValue: 'left',
        mergeValues: true,
        rowHeight: 0.9,
        showValue: 'never',
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
        tooltip: { mode: 'single', sort: 'none' },
      },
    },
  };
}

/** A bar for each thing, as it is now. */
export function bars(options: PanelOptions): Panel {
  return {
    ...common(options),
    type: 'bargauge',
    height: 8,
    targets: targetsOf(options.queries, { instant: true, range: false }),
    rest: {
      fieldConfig: { defaults: defaults(options), overrides: [] },
      options: {
        displayMode: 'basic',
        orientation: 'horizontal',
        showUnfilled: true,
        valueMode: 'color',
        namePlacement: 'auto',
        sizing: 'auto',
        minVizHeight: 16,
        maxVizHeight: 300,
        minVizWidth: 8,
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        legend: { displayMode: 'list', placement: 'bottom', showLegend: false, calcs: [] },
      },
    },
  };
}

export interface TableOptions extends PanelOptions {
  /** The label that a row stands for, and the other labels that are shown. */
  readonly rowsBy: string;
  readonly columns?: readonly string[];
  /** Of columns by their names, where it is another than that of the table. */
  readonly units?: Readonly<Record<string, string>>;
}

/** A row for each value of a label, and a column for each query. */
export function table(options: TableOptions): Panel {
  const { queries, rowsBy, columns = [], units = {}, links = [] } = options;
  const only = queries.length === 1;
  const fieldOf = (index: number): string => (only ? 'Value' : `Value #${refIds[index]}`);
  const names = Object.fromEntries(queries.map(({ legend }, index) => [fieldOf(index), legend]));
  const shown = [rowsBy, ...columns, ...queries.map((_, index) => fieldOf(index))];
  return {
    ...common(options),
    type: 'table',
    height: 8,
    targets: targetsOf(queries, { instant: true, range: false, format: 'table', exemplar: false }),
    rest: {
      fieldConfig: {
        defaults: {
          ...defaults(options),
          links: [],
          custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
        },
        overrides: [
          ...Object.entries(units).map(([column, unit]) => ({
            matcher: { id: 'byName', options: column },
            properties: [{ id: 'unit', value: unit }],
          })),
          { matcher: { id: 'byName', options: rowsBy }, properties: [{ id: 'links', value: links }] },
        ],
      },
      options: {
        frameIndex: 0,
        showHeader: true,
        cellHeight: 'sm',
        footer: { show: false, reducer: ['sum'], countRows: false, fields: '' },
      },
      transformations: [
        ...(only ? [] : [{ id: 'joinByField', options: { byField: rowsBy, mode: 'outer' } }]),
        { id: 'filterFieldsByName', options: { include: { names: shown } } },
        {
          id: 'organize',
          options: { renameByName: names, indexByName: Object.fromEntries(shown.map((name, index) => [name, index])) },
        },
      ],
    },
  };
}
