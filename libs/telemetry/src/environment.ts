/** Variables by name: those of this process, and those of OpenTelemetry that it was given otherwise. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Makes what reads its settings from the environment. Threads that are started later, of somebody's code, get a copy of that, and not of these. */
export function withVariables<T>(variables: Environment, make: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  assign(Object.entries(variables));
  try {
    return make();
  } finally {
    assign(before);
  }
}

function assign(variables: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of variables) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** A timer that is given more milliseconds goes off at once, and again and again. */
export const timerMaxMs = 2 ** 31 - 1;

/** A list with commas between, as OpenTelemetry has it. */
export const listIn = (value: string | undefined): readonly string[] => [
  ...new Set((value ?? '').split(',').flatMap((name) => name.trim() || [])),
];

/**
 * Which exporters are wanted: those of OTEL_TRACES_EXPORTER, or `otlp` where only the address of a collector is told. None: nothing of the SDK is loaded. The
 * SDK itself would send to this machine when nothing is told.
 */
export function wantedExporters(environment: Environment): readonly string[] {
  if (environment['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return [];
  const named = listIn(environment['OTEL_TRACES_EXPORTER']);
  if (named[0] === 'none') return [];
  if (named.length > 0) return named;
  const address = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return address ? ['otlp'] : [];
}
