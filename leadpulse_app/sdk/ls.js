/*
 * Sends what a visitor does to the LeadPulse server that this script came from.
 *
 *   <script src="https://HOST/sdk/ls.js" data-api-key="pk_…" async></script>
 *
 *   ls.track("demo_request", { plan: "pro" });
 *   ls.identify({ email: "ada@example.com" });        // who the visitor is
 *   ls.identify("user-42", { company: "Analytical" }); // and your own id
 *   ls.reset();                                        // someone else from here on
 *
 * Before the script has loaded, calls can wait in an array:
 *
 *   window.ls = window.ls || []; ls.push(["track", "demo_request"]);
 *
 * An event keeps its message id through every retry, so the server counts it once.
 * Nothing here throws into the page, blocks it or needs a CORS preflight.
 */
(function (window, document) {
  "use strict";

  var SESSION_IDLE_MS = 30 * 60 * 1000;
  var MAX_QUEUE = 100;
  var MAX_ATTEMPTS = 10;
  var MAX_BACKOFF_MS = 30 * 1000;
  var MAX_RETRY_AFTER_MS = 5 * 60 * 1000;
  var REQUEST_TIMEOUT_MS = 15 * 1000;

  var script =
    document.currentScript || document.querySelector("script[data-api-key]");
  var apiKey = script && script.getAttribute("data-api-key");
  var calls = window.ls;
  if (!apiKey || (calls && calls.track)) return;
  var endpoint = new URL("/api/ingest/event", script.src).href;

  var queue = []; // events that no answer has settled, the oldest first
  var sending = false; // whether the first of them is under way
  var timer = null;
  var memory = {}; // for visitors whose browser lets nothing be stored
  var lastPath = null;
  var referrer = document.referrer;

  function safely(action) {
    return function () {
      try {
        return action.apply(this, arguments);
      } catch (error) {
        if (window.console) console.warn("LeadPulse:", error);
      }
    };
  }

  function read(name) {
    try {
      return window.localStorage.getItem(name) || memory[name];
    } catch (error) {
      return memory[name];
    }
  }

  function write(name, value) {
    memory[name] = value;
    try {
      if (value) window.localStorage.setItem(name, value);
      else window.localStorage.removeItem(name);
    } catch (error) {
      // kept in memory
    }
  }

  function makeId() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map
      .call(bytes, function (byte) {
        return (byte + 256).toString(16).slice(1);
      })
      .join("");
  }

  function anonymousId() {
    if (!read("ls_anonymous_id")) write("ls_anonymous_id", "anon_" + makeId());
    return read("ls_anonymous_id");
  }

  function sessionId() {
    var parts = (read("ls_session") || "").split(".");
    var idle = Date.now() - Number(parts[1] || 0);
    var id = idle < SESSION_IDLE_MS ? parts[0] : makeId();
    write("ls_session", id + "." + Date.now());
    return id;
  }

  function track(name, properties) {
    if (queue.length >= MAX_QUEUE) return;
    var fields = {
      apiKey: apiKey,
      messageId: makeId(),
      event: name,
      anonymousId: anonymousId(),
      sessionId: sessionId(),
      timestamp: new Date().toISOString(),
      properties: JSON.parse(JSON.stringify(properties || {})),
    };
    if (read("ls_user_id")) fields.userId = read("ls_user_id");
    queue.push({ fields: fields, attempts: 0, sentOnLeaving: false });
    if (timer === null) send();
  }

  function identify(id, traits) {
    if (typeof id === "string" || typeof id === "number") {
      write("ls_user_id", String(id));
    } else {
      traits = id;
    }
    track("identify", traits);
  }

  function reset() {
    write("ls_user_id", "");
    write("ls_anonymous_id", "");
    write("ls_session", "");
  }

  function post(item, signal) {
    return window.fetch(endpoint, {
      method: "POST",
      body: bodyOf(item), // a string goes as text/plain
      credentials: "omit",
      keepalive: true, // it goes on when the visitor leaves
      signal: signal,
    });
  }

  // Half an emoji, as a cut title may end in, is no JSON that a server reads.
  function bodyOf(item) {
    item.fields.sentAt = new Date().toISOString();
    return JSON.stringify(item.fields).replace(/\\ud[89a-f][0-9a-f]{2}/gi, "\\ufffd");
  }

  function send() {
    timer = null;
    if (sending || !queue.length) return;
    sending = true;
    var item = queue[0];
    var timeout;
    item.attempts += 1;
    new Promise(function (resolve) {
      var abort = new AbortController();
      timeout = setTimeout(function () {
        abort.abort();
      }, REQUEST_TIMEOUT_MS);
      resolve(post(item, abort.signal)); // what it throws is a failed attempt too
    }).then(
      function (response) {
        clearTimeout(timeout);
        settle(item, response.status, response.headers.get("Retry-After"));
      },
      function () {
        clearTimeout(timeout);
        settle(item, 0, null);
      }
    );
  }

  function settle(item, status, retryAfter) {
    sending = false;
    var later = status === 0 || status === 429 || status >= 500;
    if (later && item.attempts < MAX_ATTEMPTS) {
      timer = setTimeout(safely(send), delay(item.attempts, retryAfter));
      return;
    }
    if (status !== 202 && window.console) {
      console.warn("LeadPulse: " + item.fields.event + " was refused: " + status);
    }
    queue.shift();
    send();
  }

  function delay(attempts, retryAfter) {
    var backoff = Math.min(MAX_BACKOFF_MS, 1000 * Math.pow(2, attempts - 1));
    var asked = Math.min(MAX_RETRY_AFTER_MS, 1000 * (Number(retryAfter) || 0));
    return asked + backoff * (0.5 + Math.random() / 2);
  }

  // What waits goes once more, since nobody may be there to retry it. It stays in the
  // queue, in case the visitor comes back; the server knows its message id by then.
  function leave() {
    queue.slice(sending ? 1 : 0).forEach(function (item) {
      if (item.sentOnLeaving) return;
      item.sentOnLeaving = true;
      if ("keepalive" in window.Request.prototype) {
        post(item).catch(function () {});
      } else {
        window.navigator.sendBeacon(endpoint, bodyOf(item));
      }
    });
  }

  function comeBack() {
    queue.forEach(function (item) {
      item.sentOnLeaving = false;
    });
  }

  function viewPage() {
    var url = window.location.href.split("#")[0];
    if (window.location.pathname === lastPath) return;
    lastPath = window.location.pathname;
    track("page_view", {
      path: lastPath,
      url: url,
      title: document.title,
      referrer: referrer,
    });
    referrer = url;
  }

  function follow(method) {
    var original = window.history[method];
    window.history[method] = function () {
      var result = original.apply(this, arguments);
      safely(viewPage)();
      return result;
    };
  }

  function start() {
    follow("pushState");
    follow("replaceState");
    window.addEventListener("popstate", safely(viewPage));
    window.addEventListener("pagehide", safely(leave));
    document.addEventListener(
      "visibilitychange",
      safely(function () {
        if (document.visibilityState === "hidden") leave();
        else comeBack();
      })
    );
    window.addEventListener(
      "pageshow",
      safely(function (event) {
        if (!event.persisted) return;
        lastPath = null; // a page that is shown again is viewed again
        comeBack();
        viewPage();
      })
    );
    viewPage();
    (calls || []).forEach(ls.push);
  }

  var ls = {
    track: safely(track),
    identify: safely(identify),
    reset: safely(reset),
    push: safely(function (call) {
      ls[call[0]].apply(ls, call.slice(1));
    }),
  };
  window.ls = ls;
  if (document.prerendering) {
    document.addEventListener("prerenderingchange", safely(start), { once: true });
  } else {
    safely(start)();
  }
})(window, document);
