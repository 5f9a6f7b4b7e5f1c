/** `signing` of mesh.yaml: whose signatures of versions count, and what follows where there is none. */
import { checked, choice, list, record, required, type ValueOf, withDefault } from '@sheaf/document';
import { signaturePolicies } from '@sheaf/signing';
import { pemFile } from './common.ts';

const keysMax = 64;

export const signingFields = {
  policy: required(
    choice(signaturePolicies),
    'With `require`, a version of the registry without a signature that holds is not taken, no alias is moved to it, and a mesh that follows the registry does not serve it. With `warn` it is taken all the same, and the log tells.',
  ),
  keys: withDefault(
    list(pemFile, 'a list of files', keysMax),
    [],
    'Public keys in PEM whose signatures count: ECDSA on P-256, P-384 or P-521. One signature by one of them is enough.',
  ),
};

export const signing = checked(record(signingFields), ({ policy, keys }, path, problems) => {
  if (policy !== 'off' && keys.length === 0)
    problems.add([...path, 'keys'], 'want a key at least, or else no signature could hold');
});

export type SigningGiven = ValueOf<typeof signing>;
