/** Addresses and networks, as policies.yaml writes them. */
import { list, nonEmpty, type Reader, scalar } from '@sheaf/document';
import { type AddressRange, addressForm, addressProblem } from '@sheaf/inference';

const range: Reader<AddressRange> = scalar(
  'an address, or a network such as 10.0.0.0/8 or 2001:db8::/32',
  (value): value is AddressRange => typeof value === 'string' && addressProblem(value) === undefined,
  { type: 'string', pattern: addressForm.source },
);

export const ranges: Reader<readonly AddressRange[]> = list(range, 'a list of addresses and networks', 256);

/** A list that is to let somebody in holds somebody. */
export const someRanges: Reader<readonly AddressRange[]> = nonEmpty(
  ranges,
  'want at least one; left out, it is every address',
);
