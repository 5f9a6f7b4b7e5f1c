export { enforceDeadline } from './deadline.ts';
export { explainOnRequest } from './explain.ts';
