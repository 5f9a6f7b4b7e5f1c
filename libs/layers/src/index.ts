export { enforceDeadline } from './deadline.ts';
export { explainOnRequest } from './explain.ts';
export { refuseDryRun } from './refuse-dry-run.ts';
