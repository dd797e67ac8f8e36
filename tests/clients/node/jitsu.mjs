// Drives @jitsu/js as a server does.

import { emptyRuntime, jitsuAnalytics } from "@jitsu/js";
import { drive } from "./driver.mjs";

await drive(({ host, key }) => {
  const client = jitsuAnalytics({
    host,
    writeKey: `${key}:x`, // it takes no key without a second part
    runtime: emptyRuntime({}),
  });
  const who = ({ userId, anonymousId }) => ({ userId, anonymousId });
  return {
    track: (given) => client.track(given.event, given.properties, who(given)),
    page: (given) => client.page({ name: given.name, ...given.properties }, who(given)),
    identify: (given) => client.identify(given.userId, given.traits, who(given)),
    group: (given) => client.group(given.groupId, given.traits, who(given)),
    flush: () => {}, // each call has waited for its answer
  };
});
