// Drives @segment/analytics-next.

export async function connect({ host, key }) {
  const { host: address, protocol } = new URL(host);
  const [client] = await AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: key, cdnSettings: { integrations: { "Segment.io": { apiKey: key } } } },
    {
      integrations: {
        "Segment.io": { apiHost: `${address}/v1`, protocol: protocol.slice(0, -1) },
      },
    },
  );
  const dated = ({ timestamp }) => (timestamp ? { timestamp } : {});
  return {
    anonymousId: () => client.user().anonymousId(),
    track: (given) => void client.track(given.event, given.properties, dated(given)),
    page: (given) => void client.page(given.name, given.properties),
    screen: (given) => void client.screen(given.name, given.properties),
    identify: (given) => void client.identify(given.userId, given.traits),
    group: (given) => void client.group(given.groupId, given.traits),
    alias: (given) => void client.alias(given.userId, given.previousId),
    flush: () => {}, // it sends each event at once
  };
}
