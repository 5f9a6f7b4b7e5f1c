export { type Path, type Problem, Problems, show } from './problems.ts';
export {
  boolean,
  choice,
  duration,
  either,
  integer,
  isRecord,
  type JsonSchema,
  list,
  mapOf,
  mapped,
  name,
  named,
  number,
  type Reader,
  scalar,
  text,
  type ValueOf,
} from './reader.ts';
export { optional, record, required, type ValuesOf, type VariantOf, variants } from './record.ts';
export { fieldsTable, kindsTable } from './reference.ts';
