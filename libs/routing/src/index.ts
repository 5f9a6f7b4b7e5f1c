export { type Pickable, pickEndpoint } from './pick-endpoint.ts';
