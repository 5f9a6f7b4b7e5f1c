/** The graph that the runtime is given where it is not the file's: made of the file's own pieces, of which none is decoded. */
import type { Datatype } from '@sheaf/inference';
import type { Edge, Edges } from './edges.ts';
import { elementTypes } from './element-types.ts';
import { tensorFields } from './everything.ts';
import { type ExternalTensor, externalTensor } from './external-data.ts';
import { type Edit, edited, type Pieces, puttingIn, puttingNothingIn } from './put-in.ts';
import { defaultModelLimits, partsOf } from './read-model.ts';
import { type Dim, writeInfo } from './tensor-info.ts';
import {
  encoded,
  type Field,
  fieldsOf,
  joined,
  nest,
  stringField,
  stringsField,
  walk,
  writeInteger,
  writeMessage,
  writeText,
} from './wire.ts';
import { isZipMap } from './zip-map.ts';

/** What the session calls a tensor, and its datatype for callers; what is BF16 for them is FP32 in the session. */
export interface SessionTensor {
  readonly name: string;
  readonly datatype: Datatype;
}

/** What a session is made of, and how it calls what callers see. */
export interface SessionModel {
  readonly bytes: Uint8Array;
  /** By what callers call them. */
  readonly inputs: ReadonlyMap<string, SessionTensor>;
  readonly outputs: ReadonlyMap<string, SessionTensor>;
  /** Files that the session is to be given beside the model: they hold initializers of its graph. */
  readonly beside: readonly string[];
}

/**
 * What the runtime is given for a model file that `readModel` takes. Weights in other files, where a session cannot be given them beside the model, are
 * put into it; `read` answers a piece of a file, as a view. Without it all of them stay in the files.
 */
export function editModel(bytes: Uint8Array, read?: (from: ExternalTensor) => Uint8Array): SessionModel {
  const { edges, external } = partsOf(bytes, defaultModelLimits);
  const beside = new Set<string>();
  const putting = read ? puttingIn(read) : puttingNothingIn;
  const graph: Edit = (value, { number }) => {
    const pieces = editedGraph(value, edges, { ...putting, seen: ({ location }) => beside.add(location) });
    return pieces && nest(number, pieces);
  };
  const isAsFile = external.length === 0 && !edges.changed;
  const pieces = isAsFile ? undefined : edited(bytes, { 7: graph, 25: putting.ownFunction });
  return {
    bytes: pieces ? joined(pieces) : bytes,
    inputs: sessionTensors(edges.inputs),
    outputs: sessionTensors(edges.outputs),
    beside: [...beside],
  };
}

const sessionTensors = (side: readonly Edge[]): Map<string, SessionTensor> =>
  new Map(side.map(({ spec: { name, datatype }, session }) => [name, { name: session, datatype }]));

interface GraphEdits {
  readonly node: Edit;
  readonly sparse: Edit;
  readonly seen: (initializer: ExternalTensor) => void;
}

function editedGraph(
  graph: Uint8Array,
  { inputs, outputs, cut, changed }: Edges,
  { node, sparse, seen }: GraphEdits,
): Pieces | undefined {
  const byName = (side: readonly Edge[], info: Uint8Array): Edge | undefined => {
    const name = stringField(walk(info), 1);
    return side.find(({ spec }) => spec.name === name);
  };
  const isCut = (fields: ReturnType<typeof walk>): boolean =>
    isZipMap(fields) && stringsField(fields, 2).every((name) => cut.has(name));
  const given = new Set<string>();
  const pieces = edited(graph, {
    1: (value, field) => (cut.size > 0 && isCut(walk(value)) ? [] : node(value, field)),
    5: (value) => {
      const where = externalTensor(walk(value, tensorFields));
      if (where) seen(where);
      return where && where.written !== where.location ? relocated(value, where) : undefined;
    },
    11: (value) => {
      const edge = byName(inputs, value);
      return edge && isBridged(edge) ? [info(11, edge)] : undefined;
    },
    12: (value) => {
      const edge = byName(outputs, value);
      if (!edge || given.has(edge.session)) return [];
      given.add(edge.session);
      return edge.session === edge.spec.name ? undefined : [info(12, edge)];
    },
    15: sparse,
  });
  if (!changed) return pieces;
  const into = inputs.filter(isBridged).map(({ session, tensor, spec }) => bridge(session, tensor, spec, 'BF16'));
  const out = outputs.filter(isBridged).map(({ session, tensor, spec }) => bridge(tensor, session, spec, 'FP32'));
  return [...into, ...(pieces ?? [graph]), ...out];
}

/** An initializer that names its file as the session is given it: by the same letters. */
function relocated(tensor: Uint8Array, { location }: ExternalTensor): Pieces {
  const isLocation = ({ number, value }: Field): boolean =>
    number === 13 && value !== undefined && stringField(walk(value), 1) === 'location';
  const kept = [...fieldsOf(tensor)].filter((field) => !isLocation(field)).map(({ bytes }) => bytes);
  const entry = encoded(13, (writer) => {
    writeText(writer, 1, 'location');
    writeText(writer, 2, location);
  });
  return nest(5, [...kept, entry]);
}

const isBridged = ({ tensor, session }: Edge): boolean => tensor !== session;

/** The node between what the session calls a tensor and what the graph does. */
const bridge = (from: string, to: string, { datatype }: { readonly datatype: Datatype }, type: Datatype): Uint8Array =>
  encoded(1, (node) => {
    writeText(node, 1, from);
    writeText(node, 2, to);
    writeText(node, 4, datatype === 'BF16' ? 'Cast' : 'Identity');
    if (datatype !== 'BF16') return;
    writeMessage(node, 5, (attribute) => {
      writeText(attribute, 1, 'to');
      writeInteger(attribute, 3, elementTypes[type]);
      writeInteger(attribute, 20, 2);
    });
  });

/** Of a tensor as the session has it. The shape of what feeds a ZipMap is the runtime's to find. */
const info = (number: number, { spec, session, tensor }: Edge): Uint8Array =>
  encoded(number, (writer) => {
    const { name, datatype, shape, symbols, unranked } = spec;
    const dims = shape.map((size, axis): Dim => symbols?.[axis] || size);
    const isKnown = !unranked && (tensor === name || number === 11);
    writeInfo(writer, {
      name: session,
      datatype: datatype === 'BF16' ? 'FP32' : datatype,
      shape: isKnown ? dims : undefined,
    });
  });
