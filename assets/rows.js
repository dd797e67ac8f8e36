// Lists that people work in: a live list holds still under the hand, its rows are
// ticked, and keys move through it. Bundled with the pages that show such a list.
//
// A list stands in an element with data-hold="its name"; its rows carry data-row, the
// id of the lead or event that their first link opens, and may have a link to a page of
// their own with data-visit.

import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";

const MOMENT = 600; // ms that a list still holds still once nobody is at it
const IDLE = 60_000; // ms after which a hand at rest is taken for one that left
const MOST_TICKED = 1_000; // as many as the server changes at once
const NOTHING = [];

const lists = new Map();

function listOf(name) {
  if (!lists.has(name)) {
    const listeners = new Set();
    lists.set(name, {
      isHeld: false,
      turn: 0, // goes up when what waited is to come in
      waiting: 0,
      leaving: undefined,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      tell: () => listeners.forEach((listener) => listener()),
    });
  }
  return lists.get(name);
}

function useList(name, look, atFirst) {
  const list = listOf(name);
  return useSyncExternalStore(
    list.subscribe,
    () => look(list),
    () => atFirst,
  );
}

export function useDecoded(rows) {
  return useMemo(() => JSON.parse(rows), [rows]);
}

// The rows as they are to be shown: while the list is held, those that were shown, in
// their order and with what they hold now. Another place is another list.
export function useHeldRows(name, rows, place) {
  const turn = useList(name, (list) => list.turn, 0);
  const last = useRef({ given: rows, marked: rows, shown: rows, place, turn });
  const before = last.current;
  const list = listOf(name);
  const isSameList = before.place === place;
  let { marked } = before;
  if (before.given !== rows || !isSameList) marked = isSameList ? mark(rows, before.marked) : rows;
  const isHeld = list.isHeld && isSameList && before.turn === turn;
  const shown = isHeld ? updated(before.shown, marked) : marked;
  const waiting = isHeld ? differences(shown, marked) : 0;
  last.current = { given: rows, marked, shown, place, turn };
  useEffect(() => {
    list.waiting = waiting;
    list.tell();
  }, [list, waiting]);
  return shown;
}

// Says of each row, by turns odd and even, that it came in or that its score changed.
function mark(rows, before) {
  const old = new Map(before.map((row) => [row.id, row]));
  return rows.map((row) => {
    const { score, changed } = old.get(row.id) ?? {};
    if (score === row.score) return { ...row, changed };
    return { ...row, changed: changed === "odd" ? "even" : "odd" };
  });
}

export function useWaiting(name) {
  return useList(name, (list) => list.waiting, 0);
}

function updated(shown, rows) {
  const fresh = new Map(rows.map((row) => [row.id, row]));
  return shown.map((row) => fresh.get(row.id) ?? row);
}

// How many rows came, went or moved; one that took another's place counts once.
function differences(shown, rows) {
  const places = new Map(rows.map(({ id }, place) => [id, place]));
  const kept = shown.flatMap(({ id }) => places.get(id) ?? []);
  const came = rows.length - kept.length;
  const went = shown.length - kept.length;
  return Math.max(came, went) + kept.length - longestRise(kept);
}

function longestRise(numbers) {
  const ends = []; // the lowest end of a rise of each length
  for (const number of numbers) {
    const at = ends.findIndex((end) => end >= number);
    ends[at < 0 ? ends.length : at] = number;
  }
  return ends.length;
}

function release(list) {
  clearTimeout(list.leaving);
  list.leaving = undefined;
  list.turn += 1;
  list.tell();
}

const at = { pointer: null, focus: null }; // names of the lists that people are at
let isIdle;

function move(by, element) {
  const name = element?.closest?.("[data-hold]")?.dataset.hold ?? null;
  const left = at[by];
  at[by] = name;
  if (name) {
    const list = listOf(name);
    clearTimeout(list.leaving);
    list.leaving = undefined;
    list.isHeld = true;
  }
  if (left && left !== at.pointer && left !== at.focus) leave(left);
}

function leave(name) {
  const list = listOf(name);
  clearTimeout(list.leaving);
  list.leaving = setTimeout(() => {
    list.isHeld = false;
    release(list);
  }, MOMENT);
}

function restartIdle() {
  clearTimeout(isIdle);
  isIdle = setTimeout(() => {
    move("pointer", null);
    move("focus", null);
  }, IDLE);
}

// Ticks, by the ids of leads; they stay from page to page of a list, and no longer.
const ticks = {
  ids: NOTHING,
  list: undefined,
  anchor: undefined,
  listeners: new Set(),
  set(ids) {
    ticks.ids = [...new Set(ids)].slice(0, MOST_TICKED);
    ticks.listeners.forEach((listener) => listener());
  },
  keepWithin(place) {
    const list = new URL(place, location.href);
    ["cursor", "from"].forEach((name) => list.searchParams.delete(name));
    if (ticks.list !== list.search) ticks.set(NOTHING);
    ticks.list = list.search;
  },
};

// The ids that are ticked; given a place, only as long as it is of the same list.
export function useTicked(place) {
  useEffect(() => {
    if (place) ticks.keepWithin(place);
  }, [place]);
  return useSyncExternalStore(
    (listener) => {
      ticks.listeners.add(listener);
      return () => ticks.listeners.delete(listener);
    },
    () => ticks.ids,
    () => NOTHING,
  );
}

function tick(box, isRange) {
  const ids = rows().map((row) => row.dataset.row);
  const id = box.dataset.tick;
  const isOn = !(id ? ticks.ids.includes(id) : ids.every((each) => ticks.ids.includes(each)));
  const [one, other] = [ids.indexOf(ticks.anchor), ids.indexOf(id)];
  let meant = id ? [id] : ids;
  if (id && isRange && one >= 0)
    meant = ids.slice(Math.min(one, other), Math.max(one, other) + 1);
  ticks.anchor = id || undefined;
  const others = ticks.ids.filter((each) => !meant.includes(each));
  ticks.set(isOn ? [...others, ...meant] : others);
}

// Rows: a click shows one in the drawer, a second click or "o" its page.
function rows() {
  return [...document.querySelectorAll("[data-hold] [data-row]")];
}

const linkOf = (row) => row?.querySelector("a[href]");

const COVERS = "dialog[open], [role=dialog], [role=alertdialog], [role=menu]";
let passes = false; // whether a click is to follow its link
let lastClicked;

function visit(row) {
  passes = true;
  (row?.querySelector("a[data-visit]") ?? linkOf(row))?.click();
  passes = false;
}

function onClick(event) {
  const { target } = event;
  const box = target.closest?.("input[data-tick]");
  if (box) return tick(box, event.shiftKey);
  if (target.closest?.("[data-apply]")) return release(listOf(target.closest("[data-apply]").dataset.apply));
  if (event.detail > 1 && lastClicked?.isConnected) {
    event.preventDefault(); // whatever lies there by now is not what was meant
    event.stopPropagation();
    return visit(lastClicked);
  }
  if (passes) return;
  lastClicked = undefined;
  const link = target.closest?.("[data-hold] [data-row] a[href]");
  if (!link || link !== linkOf(link.closest("[data-row]"))) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return event.stopPropagation(); // the browser's own, a new tab
  lastClicked = event.detail ? link.closest("[data-row]") : undefined;
  event.preventDefault();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  const all = rows();
  const [covers, ...others] = document.querySelectorAll(COVERS);
  if (!all.length || others.length || (covers && !covers.matches("[data-drawer]"))) return;
  const current = covers
    ? all.find((row) => row.dataset.row === opened())
    : document.activeElement.closest("[data-row]");
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step && (current || event.key.length === 1)) go(all, current, step, covers);
  else if (event.key === "o" && current) visit(current);
  else if (event.key.toLowerCase() === "x" && current?.querySelector("[data-tick]") && !covers)
    tick(current.querySelector("[data-tick]"), event.shiftKey);
  else return;
  event.preventDefault();
}

function go(all, current, step, covers) {
  const next = current ? all[all.indexOf(current) + step] : all[0];
  if (!next) return;
  if (!covers) return linkOf(next).focus();
  covers.opener = linkOf(next); // where the drawer gives focus back to
  linkOf(next).click();
}

const OPENED = { leads: "lead", events: "event" }; // the parameter, by the list's page
const keeping = new Set(); // who listens for it

const parameterHere = () => OPENED[location.pathname.replaceAll("/", "")];

const opened = () => new URLSearchParams(location.search).get(parameterHere()) ?? "";

// The id of what the drawer shows: only while the address names it is the drawer open,
// so that nobody who comes back to a list finds one open that they left.
export function useOpened() {
  return useSyncExternalStore(
    (listener) => {
      keeping.add(listener);
      return () => keeping.delete(listener);
    },
    opened,
    () => "",
  );
}

// Keeps what is opened in the address, so that a link to it opens it.
function keep(id) {
  const url = new URL(location.href);
  const parameter = parameterHere();
  if (!parameter) return;
  if (id) url.searchParams.set(parameter, id);
  else url.searchParams.delete(parameter);
  history.replaceState(history.state, "", url);
  keeping.forEach((listener) => listener());
}

if (typeof document !== "undefined" && !window.leadpulseRows) {
  window.leadpulseRows = { keep, untick: () => ticks.set([]) };
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("pointermove", (event) => {
    restartIdle();
    move("pointer", event.pointerType === "touch" ? null : event.target);
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    move("pointer", event.target);
    move("pointer", null);
  });
  document.documentElement.addEventListener("pointerleave", () => move("pointer", null));
  document.addEventListener("focusin", ({ target }) => {
    restartIdle();
    move("focus", target);
  });
  document.addEventListener("focusout", ({ relatedTarget }) => move("focus", relatedTarget));
}
