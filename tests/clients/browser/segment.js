// Drives @segment/analytics-next.

export async function connect({ host, key }) {
  const [client] = await AnalyticsNext.AnalyticsBrowser.load({
    writeKey: key,
    cdnURL: host, // its settings say where events go
  });
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
