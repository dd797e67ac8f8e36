/*
 * Sends what a visitor does to the LeadPulse server that this script came from.
 * docs/sdk.md says how a site uses it; what holds in here:
 *
 * - Nothing throws into the page, blocks it, or needs a CORS preflight.
 * - An event keeps its message id through every attempt, so it counts once however often
 *   it is sent. That is why nothing here locks: two tabs may send the same event.
 * - An event waits in localStorage under a key of its own until an answer settles it.
 *   Tabs add and remove keys and never rewrite a common value.
 * - Without consent nothing is stored and nothing is sent.
 *
 * Pages get ls.min.js, which is made from this file: python -m tests.sdk.minified
 */
(function (window, document) {
  "use strict";

  const SESSION_IDLE_MS = 30 * 60 * 1000;
  const CLICK_THROTTLE_MS = 800;
  const CLICKABLE = "a[href],button,[role=button],input[type=submit],summary";
  const EDITABLE = "input,select,textarea,[contenteditable]";
  const MAX_TEXT = 100;

  const GATHER_MS = 1000; // between two requests, so that events travel together
  const MAX_BACKOFF_MS = 5 * 60 * 1000;
  const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;
  const REQUEST_TIMEOUT_MS = 15 * 1000;

  const MAX_QUEUE = 200;
  const MAX_QUEUE_BYTES = 256 * 1024;
  const MAX_AGE_MS = 6 * 24 * 60 * 60 * 1000; // a server knows message ids for 7 days
  const MAX_EVENT_BYTES = 30 * 1024;
  const MAX_BATCH = 50;
  const MAX_BODY_BYTES = 32 * 1024;
  const KEEPALIVE_BYTES = 60 * 1024; // of the 64 KiB that all requests in flight share

  const CONSENT = "ls_consent"; // "in" or "out", as the visitor chose
  const ANONYMOUS_ID = "ls_anonymous_id";
  const USER_ID = "ls_user_id";
  const SESSION = "ls_session";
  const RETRY_AT = "ls_retry_at"; // when the server wants to hear from this browser again
  const QUEUE = "ls_queue_";

  const script =
    document.currentScript || document.querySelector("script[data-api-key]");
  const apiKey = script && script.dataset.apiKey;
  const early = window.ls;
  if (!apiKey || !script.src || window.LeadPulse?.track) return;
  const endpoint = new URL("/api/ingest/batch", script.src).href;

  // ---- Never into the page

  function warn(problem) {
    try {
      console.warn("LeadPulse:", problem);
    } catch {
      // a page without a console
    }
  }

  function safely(action) {
    return function () {
      try {
        return action.apply(this, arguments);
      } catch (error) {
        warn(error);
      }
    };
  }

  function listen(target, type, action) {
    if (target) target.addEventListener(type, safely(action), true);
  }

  // ---- What the browser keeps

  const memory = {}; // stands in where the browser lets nothing be stored

  function read(name) {
    try {
      return localStorage.getItem(name) || memory[name];
    } catch {
      return memory[name]; // denied
    }
  }

  function write(name, value) {
    delete memory[name];
    try {
      if (value) localStorage.setItem(name, value);
      else localStorage.removeItem(name);
    } catch {
      if (value) write(name); // denied or full: at least what is out of date goes
      memory[name] = value;
    }
  }

  function storedKeys(prefix) {
    try {
      return Object.keys(localStorage)
        .filter((key) => key.startsWith(prefix))
        .sort();
    } catch {
      return [];
    }
  }

  function parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  function makeId() {
    const bytes = new Uint8Array(16);
    try {
      crypto.getRandomValues(bytes);
    } catch {
      bytes.forEach((_, i) => (bytes[i] = Math.random() * 256));
    }
    return Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  }

  // ---- Consent

  const signal = navigator.globalPrivacyControl || navigator.doNotTrack === "1";
  const asks =
    script.dataset.consent === "required" ||
    (signal && script.dataset.respectDnt !== "false");
  let held = []; // what happened before the visitor chose, in memory alone

  function allowed() {
    return (read(CONSENT) || (asks ? "" : "in")) === "in";
  }

  function withConsent(action) {
    if (allowed()) action();
    else if (!read(CONSENT) && held.length < MAX_QUEUE) held.push(action);
  }

  function optIn() {
    write(CONSENT, "in");
    const waiting = held;
    held = [];
    waiting.forEach((action) => safely(action)());
  }

  function optOut() {
    held = [];
    queue.clear();
    [ANONYMOUS_ID, USER_ID, SESSION, RETRY_AT]
      .concat(storedKeys(QUEUE))
      .forEach((name) => write(name));
    write(CONSENT, "out"); // last, as there may have been no room for it
  }

  // ---- The queue

  const queue = new Map(); // storage key -> {text, bytes, adopted, sending}
  const queuePrefix = QUEUE + apiKey + "_"; // two projects may share an origin
  let dropped = 0;

  function enqueue(event) {
    // NUL, or half an emoji as a cut title may end in, is no text that a server stores.
    const text = JSON.stringify(event).replace(
      /\\u(0000|d[89a-f]..)/gi,
      "\\ufffd"
    );
    const bytes = new Blob([text]).size;
    if (bytes > MAX_EVENT_BYTES) return warn(event.event + " is too large");
    const key = queuePrefix + now() + "_" + event.messageId;
    queue.set(key, { text, bytes });
    write(key, text);
    makeRoom();
    schedule();
  }

  // Takes on what closed tabs, and earlier visits, could not send.
  function adopt() {
    storedKeys(queuePrefix).forEach((key) => {
      if (queue.has(key)) return;
      const text = read(key);
      const age = Date.now() - key.slice(queuePrefix.length).split("_")[0];
      if (age < MAX_AGE_MS && parse(text)) {
        queue.set(key, { text, bytes: new Blob([text]).size, adopted: true });
      } else {
        write(key);
      }
    });
    makeRoom();
    schedule();
  }

  function makeRoom() {
    let bytes = 0;
    queue.forEach((item) => (bytes += item.bytes));
    for (const [key, item] of queue) {
      if (queue.size <= MAX_QUEUE && bytes <= MAX_QUEUE_BYTES) return;
      bytes -= item.bytes;
      remove(key);
      warn("the queue is full; events dropped so far: " + ++dropped);
    }
  }

  function remove(key) {
    queue.delete(key);
    write(key);
  }

  // ---- Sending

  let timer = 0;
  let nextAt = 0; // the earliest time of the next request
  let failures = 0; // in a row
  let flying = 0; // bytes in flight

  function schedule() {
    if (timer || !queue.size) return;
    timer = setTimeout(safely(send), Math.max(nextAt, retryAt()) - Date.now());
  }

  // Every tab and page of the site waits as long as the server asked one of them to.
  function retryAt() {
    const at = Number(read(RETRY_AT)) || 0;
    return at - Date.now() < 2 * MAX_RETRY_AFTER_MS ? at : 0; // the clock was set back
  }

  function send() {
    clearTimeout(timer);
    timer = 0;
    if (!allowed()) queue.clear(); // chosen in another tab
    if (retryAt() > Date.now()) schedule();
    else if (!flying) post(takeBatch());
  }

  // Nobody may be there to send it later, so all that fits goes now.
  function flush() {
    if (!allowed() || retryAt() > Date.now()) return;
    for (let batch; (batch = takeBatch()).length; ) post(batch);
  }

  function takeBatch() {
    const room = Math.min(MAX_BODY_BYTES, KEEPALIVE_BYTES - flying);
    const batch = [];
    let bytes = 200; // of what stands around the events
    for (const [key, item] of queue) {
      if (item.sending) continue;
      if (item.adopted && !read(key)) {
        queue.delete(key); // another tab has sent it
        continue;
      }
      bytes += item.bytes + 1;
      if (bytes > room || batch.length === MAX_BATCH) break;
      batch.push(key);
    }
    return batch;
  }

  async function post(batch) {
    if (!batch.length) return;
    const items = batch.map((key) => queue.get(key));
    const start = { apiKey, sentAt: new Date().toISOString(), events: [] };
    const body =
      JSON.stringify(start).slice(0, -2) +
      items.map((item) => item.text).join() +
      "]}";
    const bytes = new Blob([body]).size;
    items.forEach((item) => (item.sending = true));
    flying += bytes;
    nextAt = Date.now() + GATHER_MS;
    let status = 0;
    let retryAfter = null;
    try {
      const response = await fetch(endpoint, {
        method: "POST",
        body, // a string goes as text/plain
        credentials: "omit",
        keepalive: true, // it goes on when the visitor leaves
        signal: window.AbortSignal?.timeout?.(REQUEST_TIMEOUT_MS),
      });
      status = response.status;
      retryAfter = response.headers.get("Retry-After");
      (await response.json()).rejected.forEach((event) => warn(event.message));
    } catch {
      await null; // a fetch that throws fails in here, before flush() looks for more
    }
    flying -= bytes;
    items.forEach((item) => (item.sending = false));
    safely(settle)(batch, status, retryAfter);
  }

  function settle(batch, status, retryAfter) {
    if (!status || status === 408 || status === 429 || status >= 500) {
      const backoff = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** failures++);
      const asked = Math.min(MAX_RETRY_AFTER_MS, milliseconds(retryAfter));
      nextAt = Date.now() + asked + backoff * (0.5 + Math.random() / 2);
      if (asked && allowed()) write(RETRY_AT, String(nextAt));
    } else {
      failures = 0;
      batch.forEach(remove);
      if (status >= 300) warn(batch.length + " events were refused: " + status);
    }
    schedule();
  }

  // Retry-After is a number of seconds or a date.
  function milliseconds(retryAfter) {
    const ms = retryAfter * 1000 || Date.parse(retryAfter) - Date.now();
    return ms > 0 ? ms : 0;
  }

  function online() {
    failures = nextAt = 0;
    clearTimeout(timer);
    timer = 0;
    if (allowed()) adopt();
  }

  // ---- Events

  let clock = 0;

  // Strictly later than the last one, so that the server sees them in order.
  function now() {
    return (clock = Math.max(Date.now(), clock + 1));
  }

  function track(name, properties, userId) {
    const copy = JSON.stringify(properties || {}); // the page may change it later
    const at = now();
    withConsent(() => {
      const session = sessionOf(name, at);
      if (userId) write(USER_ID, userId); // not before the last session has ended
      record(name, JSON.parse(copy), at, makeId(), session);
    });
  }

  function record(event, properties, at, messageId, sessionId) {
    if (!read(ANONYMOUS_ID)) write(ANONYMOUS_ID, "anon_" + makeId());
    enqueue({
      messageId,
      event,
      anonymousId: read(ANONYMOUS_ID),
      userId: read(USER_ID) || undefined,
      sessionId,
      timestamp: new Date(at).toISOString(),
      properties,
    });
  }

  function identify(id, traits) {
    const named = typeof id === "string" || typeof id === "number";
    track("identify", named ? traits : id, named && String(id));
  }

  function reset() {
    withConsent(() => {
      const session = openSession();
      if (session) endSession(session, Date.now());
      [ANONYMOUS_ID, USER_ID].forEach((name) => write(name));
    });
  }

  // ---- Sessions: over after half an hour of silence, or when the last tab is closed

  const pageId = makeId();
  let idleTimer = 0;

  // Returns the session that goes on, having ended one that is over.
  function openSession() {
    const session = allowed() && parse(read(SESSION));
    if (!session || !Array.isArray(session.pages)) return null;
    if (Date.now() - session.last < SESSION_IDLE_MS) return session;
    endSession(session, session.last);
    return null;
  }

  // Two tabs may end it at once: its message id is the same in both.
  function endSession(session, at) {
    write(SESSION);
    const durationSeconds = Math.round((at - session.start) / 1000);
    const properties = { durationSeconds, pageCount: session.views };
    record("session_end", properties, at, "end_" + session.id, session.id);
  }

  function sessionOf(name, at) {
    const session = openSession() || { id: makeId(), start: at, views: 0, pages: [] };
    session.last = Date.now();
    if (name === "page_view") session.views++;
    if (!session.pages.includes(pageId)) session.pages.push(pageId);
    write(SESSION, JSON.stringify(session));
    watchIdle(session);
    return session.id;
  }

  function watchIdle(session) {
    clearTimeout(idleTimer);
    const idle = safely(() => watchIdle(openSession()));
    if (session) {
      idleTimer = setTimeout(idle, session.last + SESSION_IDLE_MS - Date.now());
    }
  }

  // A page is not told whether it is closed or makes way for another one of the site. It
  // makes way when it may come back, when it saw where it was sent, or when time passed
  // between the question whether it may go and its going: a response was waited for.
  // A doubtful one ends its session later, by its silence.
  const MAX_CLOSING_MS = 5;
  let expected = false; // whether another page of the site is on its way
  let askedAt = 0;

  function leave(event) {
    const session = openSession();
    if (session) {
      session.pages = session.pages.filter((id) => id !== pageId);
      session.last = Date.now();
      const closed =
        !event.persisted &&
        !expected &&
        !(askedAt && performance.now() - askedAt > MAX_CLOSING_MS);
      if (closed && !session.pages.length) endSession(session, session.last);
      else write(SESSION, JSON.stringify(session));
    }
    flush();
  }

  // ---- What is recorded without being asked

  let lastPath = null;
  let referrer = document.referrer;

  function viewPage() {
    expected = false;
    const url = location.href.split("#")[0];
    if (location.pathname === lastPath) return;
    lastPath = location.pathname;
    track("page_view", { path: lastPath, url, title: document.title, referrer });
    referrer = url;
  }

  function follow(method) {
    const original = history[method];
    history[method] = function () {
      const result = original.apply(this, arguments);
      safely(viewPage)();
      return result;
    };
  }

  const lastUses = new WeakMap();

  function isRepeated(element) {
    const at = performance.now();
    if (at - lastUses.get(element) < CLICK_THROTTLE_MS) return true;
    lastUses.set(element, at);
    return false;
  }

  // A form may hold a field named "id", so it is asked for attributes, not properties.
  function attribute(element, name) {
    return element.getAttribute(name) || undefined;
  }

  // data-ls-plan-name="pro" becomes planName: "pro".
  function propertiesOf(element, properties) {
    for (const name in element ? element.dataset : {}) {
      const [, first, rest] = /^ls([A-Z])(.*)/.exec(name) || [];
      if (first && name !== "lsEvent") {
        properties[first.toLowerCase() + rest] = element.dataset[name];
      }
    }
    return properties;
  }

  function isIgnored(path) {
    return path.some((node) => node.dataset && "lsIgnore" in node.dataset);
  }

  function click(event) {
    const path = event.composedPath().filter((node) => node.matches);
    const named = path.find((node) => node.matches("[data-ls-event]:not(form)"));
    const control = path.find((node) => node.matches(CLICKABLE));
    const element = control || named;
    if (!element || isIgnored(path) || isRepeated(element)) return;
    const properties = { tag: element.tagName.toLowerCase() };
    properties.id = attribute(element, "id");
    if (control) {
      // What a visitor may have typed is never read.
      const typed = control.isContentEditable || control.querySelector(EDITABLE);
      const text = (!typed && control.textContent.trim()) || undefined;
      const label = text || attribute(control, "aria-label");
      properties.text = label && label.replace(/\s+/g, " ").slice(0, MAX_TEXT);
      if (control.tagName === "A") properties.href = control.href.split("#")[0];
    }
    const name = (named && named.dataset.lsEvent) || "click";
    track(name, propertiesOf(named, properties));
  }

  function submit(event) {
    const form = event.target;
    if (isIgnored(event.composedPath()) || isRepeated(form)) return;
    const names = Array.from(form.elements, (field) => attribute(field, "name"));
    const properties = {
      id: attribute(form, "id"),
      name: attribute(form, "name"),
      action: (attribute(form, "action") || "").split(/[?#]/)[0],
      fields: Array.from(new Set(names)).filter(Boolean),
    };
    track(form.dataset.lsEvent || "form_submit", propertiesOf(form, properties));
  }

  function start() {
    ["pushState", "replaceState"].forEach(safely(follow));
    const navigation = window.navigation;
    listen(window, "popstate", viewPage);
    listen(navigation, "currententrychange", viewPage); // where history is frozen
    listen(navigation, "navigate", ({ destination, downloadRequest }) => {
      const stays = destination.sameDocument || downloadRequest;
      expected = !stays && new URL(destination.url).origin === location.origin;
    });
    listen(window, "beforeunload", () => (askedAt = performance.now()));
    listen(window, "pagehide", leave);
    listen(window, "pageshow", (event) => {
      if (!event.persisted) return;
      lastPath = null; // a page that is shown again is viewed again
      viewPage();
    });
    listen(document, "visibilitychange", () => {
      if (document.visibilityState === "hidden") flush();
    });
    listen(window, "online", online);
    listen(window, "click", click);
    listen(window, "submit", submit);
    if (allowed()) adopt();
    viewPage();
    if (Array.isArray(early)) early.forEach(ls.push);
  }

  const ls = {
    track: safely((name, properties) => track(name, properties)),
    identify: safely(identify),
    reset: safely(reset),
    optIn: safely(optIn),
    optOut: safely(optOut),
    push: safely((call) => {
      ls[call[0]](...call.slice(1));
    }),
  };
  window.LeadPulse = ls;
  // A page may have an "ls" of its own, but an element's id is not in the way.
  if (!early || Array.isArray(early) || early.nodeType) window.ls = ls;
  if (document.prerendering) {
    document.addEventListener("prerenderingchange", safely(start), { once: true });
  } else {
    safely(start)();
  }
})(window, document);
