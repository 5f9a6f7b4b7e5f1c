/** An IPv4 address that a socket of both kinds tells, such as `::ffff:192.0.2.1`. */
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An address as it is told and counted: IPv4 in the four numbers, without what an IPv6 one has of this machine's interfaces (`%eth0`). */
export const plainAddress = (address: string): string => address.replace(/%.*$/, '').replace(mapped, '$1');
