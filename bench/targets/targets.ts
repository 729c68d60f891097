// The servers under load by name.

import { banyanTarget } from "./banyan.ts";
import { banyanClusterTarget } from "./banyan-cluster.ts";
import { rawPublishTarget } from "./raw-publish.ts";
import { socketIoTarget } from "./socketio-postgres.ts";
import type { Target, TargetName } from "./target.ts";

export const targets: Record<TargetName, Target> = {
  banyan: banyanTarget,
  "banyan-cluster": banyanClusterTarget,
  "socketio-postgres": socketIoTarget,
  "raw-publish": rawPublishTarget,
};
