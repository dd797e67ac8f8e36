// Drives posthog-node.

import { PostHog } from "posthog-node";
import { drive } from "./driver.mjs";

await drive(({ host, key }) => {
  const client = new PostHog(key, { host, flushInterval: 500 });
  const capture = (event, { userId, anonymousId, properties, timestamp }, more) =>
    client.capture({
      event,
      distinctId: userId ?? anonymousId,
      properties: {
        ...properties,
        ...more,
        ...(userId ? {} : { $process_person_profile: false }),
      },
      timestamp,
    });
  return {
    track: (given) => capture(given.event, given),
    page: (given) => capture("$pageview", given, { title: given.name }),
    screen: (given) => capture("$screen", given, { $screen_name: given.name }),
    identify: ({ userId, anonymousId, traits }) =>
      client.identify({
        distinctId: userId,
        properties: { $set: traits, $anon_distinct_id: anonymousId },
      }),
    group: ({ groupId, traits, userId }) =>
      client.groupIdentify({
        groupType: "company",
        groupKey: groupId,
        properties: traits,
        distinctId: userId,
      }),
    alias: ({ previousId, userId }) => client.alias({ distinctId: userId, alias: previousId }),
    flush: () => client.flush(),
    close: () => client.shutdown(),
  };
});
