/** Sets of addresses. */
import { BlockList, isIP } from 'node:net';

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
