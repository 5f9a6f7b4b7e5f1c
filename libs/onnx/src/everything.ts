/** Goes through all of a model: whatever it keeps may stand in a node of a function in a branch of a node. */
import { refuse } from './refusal.ts';
import { type Message, messageField, messagesField } from './wire.ts';

/** Graphs in nodes of graphs in nodes ...: so deep at most. */
const depthMax = 32;

/** All that may hold a tensor or a graph in an attribute, and what a tensor says of itself: neither has its numbers read. */
const attributeFields = [5, 6, 10, 11, 22, 23];
export const tensorFields = [1, 2, 8, 13, 14];

export interface Visitor {
  readonly tensor: (tensor: Message) => void;
  readonly node: (node: Message) => void;
}

/** Shows the visitor every tensor and every node, of the graph and of what is nested in it, of functions and of training. */
export function visitModel(model: Message, graph: Message, visitor: Visitor): void {
  visitGraph(graph, visitor, 0);
  for (const training of messagesField(model, 20))
    for (const number of [1, 2]) {
      const part = messageField(training, number);
      if (part) visitGraph(part, visitor, 0);
    }
  for (const own of messagesField(model, 25)) {
    for (const node of messagesField(own, 7)) visitNode(node, visitor, 0);
    for (const attribute of messagesField(own, 11, attributeFields)) visitAttribute(attribute, visitor, 0);
  }
}

function visitGraph(graph: Message, visitor: Visitor, depth: number): void {
  if (depth > depthMax) throw refuse(`the model has graphs in graphs more than ${depthMax} deep`);
  for (const tensor of messagesField(graph, 5, tensorFields)) visitor.tensor(tensor);
  for (const sparse of messagesField(graph, 15)) visitSparse(sparse, visitor);
  for (const node of messagesField(graph, 1)) visitNode(node, visitor, depth);
}

function visitNode(node: Message, visitor: Visitor, depth: number): void {
  visitor.node(node);
  for (const attribute of messagesField(node, 5, attributeFields)) visitAttribute(attribute, visitor, depth);
}

function visitAttribute(attribute: Message, visitor: Visitor, depth: number): void {
  const tensor = messageField(attribute, 5, tensorFields);
  const sparse = messageField(attribute, 22);
  const graph = messageField(attribute, 6);
  for (const each of [...(tensor ? [tensor] : []), ...messagesField(attribute, 10, tensorFields)]) visitor.tensor(each);
  for (const each of [...(sparse ? [sparse] : []), ...messagesField(attribute, 23)]) visitSparse(each, visitor);
  for (const each of [...(graph ? [graph] : []), ...messagesField(attribute, 11)]) visitGraph(each, visitor, depth + 1);
}

function visitSparse(sparse: Message, { tensor }: Visitor): void {
  for (const number of [1, 2]) {
    const part = messageField(sparse, number, tensorFields);
    if (part) tensor(part);
  }
}
