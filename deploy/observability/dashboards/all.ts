/** The dashboards, by the name of their file. */
import { meshDashboard } from './mesh.ts';
import { modelDashboard } from './model.ts';
import { pipelineDashboard } from './pipeline.ts';
import { tenantDashboard } from './tenant.ts';

export const dashboardFolder = new URL('../grafana/dashboards/', import.meta.url);

export const dashboards: Readonly<Record<string, object>> = {
  'sheaf-mesh.json': meshDashboard,
  'sheaf-pipeline.json': pipelineDashboard,
  'sheaf-model.json': modelDashboard,
  'sheaf-tenant.json': tenantDashboard,
};
