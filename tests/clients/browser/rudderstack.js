// Drives @rudderstack/analytics-js.

import { RudderAnalytics } from "/node/node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/esm/index.mjs";

// What its control plane would say, which nobody runs here.
const source = {
  source: {
    id: "source",
    name: "A page",
    writeKey: "",
    enabled: true,
    workspaceId: "workspace",
    connections: [],
    destinations: [],
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
  },
};

export async function connect({ host, key }) {
  const client = new RudderAnalytics();
  await new Promise((onLoaded) => {
    client.load(key, host, { getSourceConfig: () => source, onLoaded });
  });
  const dated = ({ timestamp }) =>
    timestamp ? { originalTimestamp: timestamp.toISOString() } : {};
  return {
    anonymousId: () => client.getAnonymousId(),
    track: (given) => client.track(given.event, given.properties, dated(given)),
    page: (given) => client.page(given.name, given.properties),
    identify: (given) => client.identify(given.userId, given.traits),
    group: (given) => client.group(given.groupId, given.traits),
    alias: (given) => client.alias(given.userId, given.previousId),
    flush: () => {}, // it sends each event at once
  };
}
