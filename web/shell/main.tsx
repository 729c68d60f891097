// The page's beginning: one client with a store in this browser, and the page over it.

import { render } from "preact";
import { createClient } from "#sdk/client.ts";
import { createIndexedDbStore } from "#sdk/store-indexeddb.ts";
import { App } from "./app.tsx";
import { deviceName } from "./device-name.ts";

const client = createClient({
  url: location.origin,
  auth: "cookie",
  store: createIndexedDbStore(),
  device: deviceName(navigator.userAgent),
});

// What was kept here is shown before the server has answered.
await client.start();
render(<App client={client} />, document.getElementById("banyan")!);
