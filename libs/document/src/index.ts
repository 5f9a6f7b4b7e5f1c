export { byteCount, bytes, duration } from './amounts.ts';
export { type Path, type Problem, Problems, show } from './problems.ts';
export {
  boolean,
  checked,
  choice,
  distinct,
  either,
  integer,
  isRecord,
  type JsonSchema,
  list,
  mapOf,
  mapped,
  mayBeEmpty,
  name,
  named,
  nonEmpty,
  number,
  type Reader,
  scalar,
  text,
  type ValueOf,
} from './reader.ts';
export {
  type AllOf,
  type Fields,
  optional,
  record,
  required,
  type ValuesOf,
  type VariantOf,
  variants,
  withDefault,
} from './record.ts';
export { documentSchema, fenced, fieldsTable, kindsTable, section } from './reference.ts';
