export { enforceDeadline } from './deadline.ts';
