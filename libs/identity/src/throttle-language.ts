/** What policies.yaml says of whoever fails again and again. */
import { boolean, duration, either, integer, mapped, optional, type Reader, record } from '@sheaf/document';
import { type ThrottleSpec, throttleDefault } from './failures.ts';

export const throttleFields = {
  address: optional(
    integer(1, 1_000_000),
    `Credentials from one address (IPv6: one /64) that may be bad within ten minutes. Default ${throttleDefault.address}.`,
  ),
  waitMax: optional(
    duration,
    'The longest wait; the first is a second, and each further failure doubles it. Default 1m.',
  ),
};

export const throttle: Reader<ThrottleSpec | false> = either(
  (value) => typeof value === 'boolean',
  mapped(boolean, (on) => (on ? throttleDefault : false)),
  mapped(record(throttleFields), ({ address, waitMax }) => ({
    address: address ?? throttleDefault.address,
    waitMaxMs: waitMax ?? throttleDefault.waitMaxMs,
  })),
);
