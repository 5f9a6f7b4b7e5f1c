/** Addresses that may, and addresses that may not. */
import { type AddressRange, createAddressSet, InferError } from '@sheaf/inference';

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
