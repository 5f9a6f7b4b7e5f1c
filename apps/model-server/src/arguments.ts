/** The arguments that a service is started with. */
import { parseArgs } from 'node:util';
import { InferError } from '@sheaf/inference';

const usage =
  'usage: model-server <mesh folder> --service <name> [--host <host>] [--port <port>] [--gateway <target>] ... [--open] [--insecure]';

export interface ServiceArguments {
  readonly folder: string;
  readonly service: string;
  /** Default 127.0.0.1. */
  readonly host: string;
  /** Default 0: a free one. */
  readonly port: number;
  /** The internal server of each gateway, in the order of their numbers: transforms that infer ask there. */
  readonly gateways: readonly string[];
  /** Whether whoever reaches the port may ask. */
  readonly isOpen: boolean;
  /** Whether it speaks plain text to other machines. */
  readonly isInsecure: boolean;
  /** Whether the mesh comes from the supervisor: all of its processes are to be of one state of the folder. */
  readonly isHandedOver: boolean;
}

export function readArguments(): ServiceArguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      service: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      gateway: { type: 'string', multiple: true, default: [] },
      open: { type: 'boolean', default: false },
      insecure: { type: 'boolean', default: false },
      handover: { type: 'boolean', default: false },
    },
  });
  const [folder] = positionals;
  const { service, host, port, gateway: gateways, open: isOpen, insecure: isInsecure, handover: isHandedOver } = values;
  if (!folder || !service) throw new InferError('INVALID_ARGUMENT', usage);
  return { folder, service, host, port: Number(port), gateways, isOpen, isInsecure, isHandedOver };
}
