/** The rows of ratios.ts, each beside the one that it is compared with. */

/** Of the calls of one row. */
export interface RatioFigures {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  /** Of the server, for a call, in microseconds. */
  readonly cpuUs: number;
}

/** The number is that of calls in flight. */
export type RatioRowName =
  | `${'' | 'bare '}echo, ${1 | 32}`
  | `live${'' | ' of grpc-js'}`
  | 'refused, 32'
  | `${'' | 'bare '}echo by TLS, 32`
  | 'service, 1'
  | `gateway, ${1 | 32}`
  | 'mesh stream, 32'
  | `${'' | 'bare '}echo of 600 KB${'' | ', 10 ms away'}`;

interface Comparison {
  readonly what: string;
  readonly row: RatioRowName;
  readonly against: RatioRowName;
}

const comparisons: readonly Comparison[] = [
  { what: 'echo with key, limits and journal, 1 in flight', row: 'echo, 1', against: 'bare echo, 1' },
  { what: 'the same, 32 in flight', row: 'echo, 32', against: 'bare echo, 32' },
  { what: 'ServerLive, to that of grpc-js', row: 'live', against: 'live of grpc-js' },
  { what: 'a refusal by a limit of a whole gateway', row: 'refused, 32', against: 'bare echo, 32' },
  { what: 'echo by TLS, to bare TLS', row: 'echo by TLS, 32', against: 'bare echo by TLS, 32' },
  { what: 'a whole gateway asking a small model', row: 'gateway, 32', against: 'bare echo, 32' },
  { what: 'mesh stream, CPU of both sides', row: 'mesh stream, 32', against: 'bare echo, 32' },
  { what: 'echo of 600 KB', row: 'echo of 600 KB', against: 'bare echo of 600 KB' },
  { what: '600 KB, 10 ms away', row: 'echo of 600 KB, 10 ms away', against: 'bare echo of 600 KB, 10 ms away' },
];

/** Rows of a table, and its head. `x` is how many times the figure of the row that it is compared with. */
export function ratioTable(measured: ReadonlyMap<RatioRowName, RatioFigures>): string[][] {
  const of = (name: RatioRowName): RatioFigures => measured.get(name) as RatioFigures;
  const rows = comparisons.map(({ what, row, against }) => {
    const [one, other] = [of(row), of(against)];
    return [
      what,
      `${one.callsPerSecond.toFixed(0)}/s, ${(one.callsPerSecond / other.callsPerSecond).toFixed(2)} x`,
      `${one.p50Ms.toFixed(3)} ms, ${(one.p50Ms / other.p50Ms).toFixed(2)} x`,
      `${one.cpuUs.toFixed(1)} us, ${(one.cpuUs / other.cpuUs).toFixed(2)} x`,
    ];
  });
  const bare = [1, 32].map((inFlight) => {
    const { callsPerSecond, p50Ms, cpuUs } = of(`bare echo, ${inFlight as 1 | 32}`);
    return [
      `bare node:http2 echo, ${inFlight} in flight`,
      `${callsPerSecond.toFixed(0)}/s`,
      `${p50Ms.toFixed(3)} ms`,
      `${cpuUs.toFixed(1)} us`,
    ];
  });
  const addedMs = of('gateway, 1').p50Ms - of('service, 1').p50Ms;
  const added = `+${addedMs.toFixed(3)} ms, ${(addedMs / of('bare echo, 1').p50Ms).toFixed(2)} x`;
  const head = ['to a bare node:http2 echo of 100 bytes', 'calls', 'p50', 'CPU a call'];
  return [head, ...bare, ...rows, ['what the gateway adds, 1 in flight', '', added, '']];
}
