/** What a process of a mesh tells a gateway for a scrape of metrics: samples as text, so that the gateway need not read them. */

export interface MetricsRequest {
  /** What stands before the labels of each sample, as the text has it. */
  readonly labels: string;
  /** In the text of OpenMetrics 1.0.0; else in that of Prometheus 0.0.4. */
  readonly openmetrics: boolean;
}

/** The samples of one metric, a line each. */
export interface MetricSamples {
  readonly name: string;
  readonly text: Uint8Array;
}

export type TellMetrics = (request: MetricsRequest) => Promise<readonly MetricSamples[]>;

/** What a call of it looks like on the wire. */
export interface MetricsResponse {
  readonly metrics: readonly MetricSamples[];
}
