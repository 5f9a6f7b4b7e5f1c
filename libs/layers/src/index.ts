export { enforceDeadline } from './deadline.ts';
export { explainOnRequest } from './explain.ts';
export { refusePlan } from './refuse-plan.ts';
