/** `pushes` and `trials` of mesh.yaml: how much publishers may bring into the registry of the folder, and what a trial makes of what it finds. */
import { bytes, choice, mapOf, number, optional, text, type ValueOf, withDefault } from '@sheaf/document';
import { type TrialCheck, type TrialLevel, trialChecks } from '@sheaf/inference';
import { settings } from './common.ts';

export const pushFields = {
  publisherBytesMax: withDefault(
    bytes('1KiB', '999999999GiB'),
    256 * 2 ** 30,
    'Bytes of files that one credential may have brought, of versions that are not deleted and of what is on its way: 256GiB unless told.',
  ),
  freeBytesMin: withDefault(
    bytes('0KiB', '999999999GiB'),
    2 ** 30,
    'Bytes that a push leaves free on the disk of the registry: 1GiB unless told.',
  ),
};

export const pushes = settings(pushFields);

const levels: readonly TrialLevel[] = ['note', 'warn', 'fail'];

export const trialFields = {
  levels: optional(
    mapOf(choice(levels), {
      min: 0,
      max: trialChecks.length,
      noun: 'check',
      key: text(`a check, one of ${trialChecks.join(', ')}`, new RegExp(`^(${trialChecks.join('|')})$`)),
    }),
    'What a finding of a check is, such as `{ determinism: fail, golden: warn }`: a version that fails is not served.',
  ),
  timeRatioMax: withDefault(number(1), 2, 'A run may take so many times as long as one of the current version.'),
  sizeRatioMax: withDefault(number(1), 2, 'Files may have so many times the bytes of those of the current version.'),
};

export const trials = settings(trialFields);

export type PushesGiven = ValueOf<typeof pushes>;

/** What a trial is to make of its findings, as far as mesh.yaml says. */
export interface TrialRules {
  readonly levels: Readonly<Partial<Record<TrialCheck, TrialLevel>>>;
  readonly timeRatioMax: number;
  readonly sizeRatioMax: number;
}

export const trialRulesOf = ({ levels: given, ...ratios }: ValueOf<typeof trials>): TrialRules => ({
  ...ratios,
  levels: Object.fromEntries(given ?? []),
});
