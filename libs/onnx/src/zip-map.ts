import { intsField, type Message, messagesField, stringField, stringsField } from './wire.ts';

/** Of more classes the names are not told: they are in every answer of ModelMetadata. */
const classesMax = 10_000;

/** What skl2onnx ends a classifier with unless told: it makes a map of each row of probabilities. */
export const isZipMap = (node: Message): boolean =>
  stringField(node, 4) === 'ZipMap' && stringField(node, 7) === 'ai.onnx.ml';

/** The keys of its maps, in the order of the columns. */
export function classesOf(zipMap: Message): readonly string[] | undefined {
  for (const attribute of messagesField(zipMap, 5)) {
    const name = stringField(attribute, 1);
    const classes =
      name === 'classlabels_strings'
        ? stringsField(attribute, 9)
        : name === 'classlabels_int64s'
          ? intsField(attribute, 8).map(String)
          : [];
    if (classes.length > 0) return classes.length > classesMax ? undefined : classes;
  }
  return undefined;
}
