// Drives @segment/analytics-node.

import { Analytics } from "@segment/analytics-node";
import { drive } from "./driver.mjs";

await drive(({ host, key }) => {
  const client = new Analytics({ writeKey: key, host, flushInterval: 500 });
  const calls = ["identify", "track", "page", "screen", "group", "alias"];
  return {
    ...Object.fromEntries(calls.map((name) => [name, (given) => void client[name](given)])),
    flush: () => client.flush({ timeout: 80_000 }),
    close: () => client.closeAndFlush(),
  };
});
