/** The document with one value replaced by something of another kind, or with one key more, for every place in it. */
export function* damaged(document: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof document !== 'object' || document === null) return;
  const entries = Array.isArray(document) ? [...document.entries()] : Object.entries(document);
  const put = (key: string | number, value: unknown): unknown =>
    Array.isArray(document) ? document.with(Number(key), value) : { ...document, [key]: value };
  for (const [key, value] of entries) {
    const place = `${path}/${key}`;
    for (const wrong of [null, [], {}, true, '', -1.5, 'a b'])
      if (JSON.stringify(wrong) !== JSON.stringify(value))
        yield [`${place} = ${JSON.stringify(wrong)}`, put(key, wrong)];
    for (const [what, inner] of damaged(value, place)) yield [what, put(key, inner)];
  }
  if (!Array.isArray(document)) yield [`${path}/surplus`, { ...document, surplus: 1 }];
}
