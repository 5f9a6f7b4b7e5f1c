/** Where callers may come from. */
import { addressDenied, comesFrom } from '@sheaf/identity';
import { createAddressSet, type Principal } from '@sheaf/inference';
import type { AddressRules } from './spec.ts';

/** Both throw PERMISSION_DENIED. */
export interface AddressCheck {
  /** Asked before anything else about a caller. */
  address(address: string | undefined): void;
  /** Asked once it is known who the caller is. */
  principal(principal: Principal, address: string | undefined): void;
}

const anywhere: AddressCheck = { address: () => {}, principal: () => {} };

/** Compiles the rules; without any everybody may come from everywhere. */
export function createAddressCheck(rules: AddressRules | undefined): AddressCheck {
  if (rules === undefined) return anywhere;
  const isDenied = createAddressSet(rules.deny);
  const isAllowed = rules.allow && createAddressSet(rules.allow);
  const roles = Object.entries(rules.roles).map(([role, ranges]) => ({
    role,
    check: comesFrom(ranges, `a credential with the role ${role}`),
  }));
  const keys = new Map(Object.entries(rules.keys).map(([id, ranges]) => [`key:${id}`, comesFrom(ranges, 'this key')]));
  return {
    address: (address) => {
      if (isDenied(address) || isAllowed?.(address) === false)
        throw addressDenied('this address may not call this server');
    },
    principal: ({ id, roles: own }, address) => {
      keys.get(id)?.(address);
      for (const { role, check } of roles) if (own.some((one) => one === role)) check(address);
    },
  };
}
