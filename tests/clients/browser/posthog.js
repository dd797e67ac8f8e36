// Drives posthog-js.

import posthog from "/node/node_modules/posthog-js/dist/module.mjs";

export async function connect({ host, key }) {
  const client = await new Promise((loaded) => {
    posthog.init(key, {
      api_host: host,
      capture_pageview: false,
      opt_out_useragent_filter: true, // a browser under test is a bot to it
      loaded,
    });
  });
  const dated = ({ timestamp }) => (timestamp ? { timestamp } : {});
  return {
    anonymousId: () => client.get_distinct_id(),
    track: (given) => void client.capture(given.event, given.properties, dated(given)),
    page: (given) =>
      void client.capture("$pageview", { ...given.properties, name: given.name }),
    identify: (given) => void client.identify(given.userId, given.traits),
    group: (given) => void client.group("company", given.groupId, given.traits),
    alias: (given) => void client.alias(given.previousId, given.userId),
    flush: () => {}, // it sends what has gathered every three seconds
  };
}
