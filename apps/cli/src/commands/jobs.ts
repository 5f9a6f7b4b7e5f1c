export { jobs } from '../jobs/command.ts';
