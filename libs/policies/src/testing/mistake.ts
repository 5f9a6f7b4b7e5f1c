/** What is wrong, a document with it, all that is told. */
export type Mistake = readonly [string, unknown, readonly string[]];
