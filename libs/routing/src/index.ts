export { type Pickable, pickEndpoint } from './pick-endpoint.ts';
export { createSplit, type Share, type Split } from './split.ts';
