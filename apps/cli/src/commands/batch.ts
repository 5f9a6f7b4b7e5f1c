export { batch } from '../batch/command.ts';
