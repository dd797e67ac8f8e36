// Sends the test event of the integrations page from the browser itself, as a
// site would, and reports what the ingest route answered and how long it took.

window.leadpulseTester = {
  async send() {
    const typed = document.getElementById("test-event").value;
    const started = performance.now();
    let response;
    try {
      response = await fetch("/api/ingest/event", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        credentials: "omit",
        body: typed,
      });
    } catch {
      return { failed: true };
    }
    const milliseconds = Math.round(performance.now() - started);
    const body = await response.text();
    return {
      status: response.status,
      milliseconds,
      body,
      messageId: messageIdOf(body),
    };

    function messageIdOf(text) {
      try {
        return JSON.parse(text).eventId ?? "";
      } catch {
        return "";
      }
    }
  },
};
