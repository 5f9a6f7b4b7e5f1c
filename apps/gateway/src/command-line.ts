import { parseArgs } from 'node:util';
import { InferError } from '@sheaf/inference';
import type { MetricsPlace } from '@sheaf/mesh';

const usage =
  'usage: gateway <mesh folder> [--host <host>] [--port <port>] [--inner-port <port>] [--number <n>] [--open] --endpoint <service>=<target> ...';

export interface CommandLine {
  readonly folder: string;
  /** Of the public server; undefined: what mesh.yaml says. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Of the internal server, which transforms ask; undefined: there is none. */
  readonly innerPort: number | undefined;
  /** Which of the mesh's gateways this is, 1 and on. */
  readonly number: number;
  /** `service=target`, of the services of the mesh. */
  readonly endpoints: readonly string[];
  /** Whoever reaches the internal server may ask it. */
  readonly isOpen: boolean;
  /** The mesh comes from the supervisor: all of its processes are to be of one state of the folder. */
  readonly isHandedOver: boolean;
  /** Where metrics are served, as the supervisor has chosen. Undefined: it has not, or they are not served. */
  readonly metrics: MetricsPlace | undefined;
}

/** Throws INVALID_ARGUMENT with the usage where no folder is named. */
export function readCommandLine(): CommandLine {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      host: { type: 'string' },
      port: { type: 'string' },
      'inner-port': { type: 'string' },
      number: { type: 'string', default: '1' },
      endpoint: { type: 'string', multiple: true, default: [] },
      open: { type: 'boolean', default: false },
      handover: { type: 'boolean', default: false },
      metrics: { type: 'string' },
    },
  });
  const [folder] = positionals;
  if (!folder) throw new InferError('INVALID_ARGUMENT', usage);
  const innerPort = values['inner-port'];
  return {
    folder,
    host: values.host,
    port: values.port === undefined ? undefined : Number(values.port),
    innerPort: innerPort === undefined ? undefined : Number(innerPort),
    number: Number(values.number),
    endpoints: values.endpoint,
    isOpen: values.open,
    isHandedOver: values.handover,
    // From our own supervisor.
    metrics: values.metrics === undefined ? undefined : (JSON.parse(values.metrics) as MetricsPlace),
  };
}
