/** Addresses that may, and addresses that may not. */
import { BlockList, isIP } from 'node:net';
import { InferError } from '@sheaf/inference';

/** An address, or a network such as `10.0.0.0/8` or `2001:db8::/32`. */
export type AddressRange = string;

/** What is wrong with a range; undefined when it is one. */
export function addressProblem(range: AddressRange): string | undefined {
  const [address = '', bits, ...more] = range.split('/');
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const isFine =
    family !== 0 &&
    !address.includes('%') &&
    more.length === 0 &&
    (bits === undefined || (/^(0|[1-9][0-9]{0,2})$/.test(bits) && Number(bits) <= most));
  return isFine ? undefined : 'want an address, or a network such as 10.0.0.0/8 or 2001:db8::/32';
}

/** Whether an address is in one of the ranges, which have been checked. Nobody's address is in none. */
export function createAddressSet(ranges: readonly AddressRange[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = familyOf(address);
    list.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return (address) => {
    const [plain = ''] = address?.split('%', 1) ?? [];
    return isIP(plain) !== 0 && list.check(plain, familyOf(plain));
  };
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Throws PERMISSION_DENIED for an address that is in none of the ranges; without ranges every address will do. */
export type CheckAddress = (address: string | undefined) => void;

const anywhere: CheckAddress = () => {};

/** `what` is refused elsewhere, such as `this credential`. */
export function comesFrom(ranges: readonly AddressRange[] | undefined, what: string): CheckAddress {
  if (ranges === undefined) return anywhere;
  const isThere = createAddressSet(ranges);
  return (address) => {
    if (!isThere(address)) throw addressDenied(`${what} may not be used from this address`);
  };
}

/** Which address it was is in the access log: behind a proxy the caller may not know it, and need not. */
export const addressDenied = (message: string): InferError =>
  InferError.withoutStack('PERMISSION_DENIED', message, {
    reason: 'ADDRESS_DENIED',
    decision: 'address',
    retryAfterMs: -1,
  });
