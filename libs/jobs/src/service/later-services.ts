/** The services of what is done later, over a store that is opened with their first call. */
import type { LaterServices } from '@sheaf/transport';
import { jobsMethods } from './jobs.ts';
import { operationsMethods } from './operations.ts';
import type { LaterPorts } from './ports.ts';
import { type PredictionPorts, predictionsMethods } from './predictions.ts';

export const createLaterServices = (ports: LaterPorts & PredictionPorts): Omit<LaterServices, 'submit'> => ({
  jobs: jobsMethods(ports),
  operations: operationsMethods(ports),
  predictions: predictionsMethods(ports),
});
