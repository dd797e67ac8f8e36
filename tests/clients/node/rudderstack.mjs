// Drives @rudderstack/rudder-sdk-node.

import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { drive } from "./driver.mjs";

await drive(({ host, key }) => {
  const client = new RudderAnalytics(key, {
    dataPlaneUrl: host,
    flushInterval: 500,
    retryCount: 10,
    errorHandler: (error) => console.error(error.message), // without one it ends the process
  });
  const calls = ["identify", "track", "page", "screen", "group", "alias"];
  return {
    ...Object.fromEntries(calls.map((name) => [name, (given) => void client[name](given)])),
    flush: async () => {
      while (client.queue.length) await client.flush();
      await client.pendingFlush;
    },
  };
});
