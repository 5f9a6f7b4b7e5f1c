import { type Document, isMap, parseDocument } from 'yaml';

/** Of mesh.yaml: how the gateway speaks to callers, and how the processes of the mesh speak among themselves. */
export interface TlsSections {
  readonly gateway: Readonly<Record<string, string>>;
  readonly mesh: Readonly<Record<string, string>>;
}

/** The text of a mesh.yaml with these sections, and with all else as it was, comments too. Undefined where it cannot be read, or has one of them already. */
export function setTls(text: string, { gateway, mesh }: TlsSections): string | undefined {
  const document = parseDocument(text);
  if (!isFree(document)) return undefined;
  for (const [path, section] of [
    [['gateway', 'tls'], gateway],
    [['tls'], mesh],
  ] as const)
    document.setIn(path, document.createNode(section, { flow: true }));
  return document.toString({ lineWidth: 0 });
}

function isFree(document: Document): boolean {
  const { contents, errors } = document;
  if (errors.length > 0) return false;
  if (contents === null) return true;
  if (!isMap(contents) || contents.has('tls')) return false;
  const gateway = contents.get('gateway', true);
  return gateway === undefined || (isMap(gateway) && !gateway.has('tls'));
}
