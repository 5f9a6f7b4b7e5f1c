/** Where in mesh.yaml it says where a secret is. No message quotes what stands there instead: it may be the secret. */
import {
  checked,
  type Fields,
  isRecord,
  optional,
  type Reader,
  record,
  text,
  type ValueOf,
  type ValuesOf,
} from '@sheaf/document';
import { variable } from './common.ts';
import { metadataKey } from './metadata.ts';

const placeFields = {
  env: optional(variable, 'The variable of the environment that holds it.'),
  file: optional(text('a file, from the mesh folder', /^[^\0]+$/), 'The file that holds it.'),
};

export const meshSecretFields = placeFields;
export const tokenFields = {
  ...placeFields,
  header: optional(
    metadataKey,
    'The key of metadata that it goes under as it is, such as x-api-key. Default: `authorization`, as `Bearer ...` where it names no other scheme.',
  ),
};

/** `{ env }` or `{ file }`, with what else stands in `fields`. */
function secretPlace<F extends Fields & typeof placeFields>(
  what: 'token' | 'secret' | 'key',
  fields: F,
): Reader<ValuesOf<F>> {
  const place = checked(
    record(fields),
    (read, path, problems) => {
      const { env, file } = read as ValuesOf<typeof placeFields>;
      if ((env === undefined) === (file === undefined))
        problems.add(path, `want either env or file, the place where the ${what} is`);
    },
    { oneOf: [{ required: ['env'] }, { required: ['file'] }] },
  );
  const expected = '{ env: <variable> } or { file: <path> }; the secret itself does not belong into mesh.yaml';
  return {
    ...place,
    expected,
    read: (value, path, problems) =>
      isRecord(value) ? place.read(value, path, problems) : problems.add(path, `want ${expected}`),
  };
}

export const meshSecret = secretPlace('secret', meshSecretFields);
/** Of a registry that is asked by gRPC. */
export const registryKey = secretPlace('key', placeFields);
/** Of call-backs of jobs. */
export const jobsSecret = secretPlace('secret', placeFields);
export const token = secretPlace('token', tokenFields);
export type TokenGiven = ValueOf<typeof token>;
export type SecretGiven = Pick<TokenGiven, 'env' | 'file'>;
