// All journeys, in the order in which they run.

import type { Journey } from "#bench/journey.ts";
import { directJourney } from "./direct.ts";
import { formatsJourney } from "./formats.ts";
import { hotRoomJourney } from "./hot-room.ts";
import { idleJourney } from "./idle-sessions.ts";
import { longHistoryJourney } from "./long-history.ts";
import { openCostJourney } from "./open-cost.ts";
import { opensJourney } from "./opens.ts";
import { overloadJourney } from "./overload.ts";
import { reconnectJourney } from "./reconnect.ts";
import { largeRoomJourney, roomsJourney } from "./rooms.ts";
import { startJourney } from "./start.ts";
import { stormJourney } from "./storm.ts";
import { typingJourney } from "./typing.ts";
import { wireJourney } from "./wire-bytes.ts";

export const journeys: readonly Journey[] = [
  startJourney,
  directJourney,
  roomsJourney,
  largeRoomJourney,
  wireJourney,
  longHistoryJourney,
  opensJourney,
  openCostJourney,
  idleJourney,
  reconnectJourney,
  overloadJourney,
  stormJourney,
  formatsJourney,
  hotRoomJourney,
  typingJourney,
];
