// The servers under load by name.

import { banyanTarget } from "./banyan.ts";
import { banyanClusterTarget } from "./banyan-cluster.ts";
import { cEpollTarget } from "./c-epoll.ts";
import { centrifugoTarget } from "./centrifugo.ts";
import { ejabberdTarget } from "./ejabberd.ts";
import { jetStreamTarget, natsTarget } from "./nats.ts";
import { prosodyTarget } from "./prosody.ts";
import { rawPublishTarget } from "./raw-publish.ts";
import { socketIoTarget } from "./socketio-postgres.ts";
import type { Target, TargetName } from "./target.ts";
import { tinodeTarget } from "./tinode.ts";
import { wukongImTarget } from "./wukongim.ts";

export const targets: Record<TargetName, Target> = {
  banyan: banyanTarget,
  "banyan-cluster": banyanClusterTarget,
  "socketio-postgres": socketIoTarget,
  ejabberd: ejabberdTarget,
  prosody: prosodyTarget,
  centrifugo: centrifugoTarget,
  tinode: tinodeTarget,
  wukongim: wukongImTarget,
  nats: natsTarget,
  jetstream: jetStreamTarget,
  "raw-publish": rawPublishTarget,
  "c-epoll": cEpollTarget,
};
