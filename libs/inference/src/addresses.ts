/** Sets of addresses. */
import { BlockList, isIP } from 'node:net';

/** An address, or a network such as `10.0.0.0/8` or `2001:db8::/32`. */
export type AddressRange = string;

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const ipv4Form = `${octet}(?:\\.${octet}){3}(?:/(?:3[0-2]|[12]?[0-9]))?`;
const ipv6Form = '[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?';
/** What a range looks like, for editors. Whether the groups of an IPv6 address are as many as there may be is for {@link addressProblem}. */
export const addressForm = new RegExp(`^(?:${ipv4Form}|${ipv6Form})$`);

/** What is wrong with a range; undefined when it is one. */
export function addressProblem(range: AddressRange): string | undefined {
  const [address = ''] = range.split('/');
  const isFine = addressForm.test(range) && isIP(address) !== 0;
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
