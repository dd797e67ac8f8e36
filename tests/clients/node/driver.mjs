// Takes calls from standard input, one JSON array a line, and answers each with one.

import { createInterface } from "node:readline";
import { shiftClock } from "./clock.mjs";

console.log = console.error; // standard output is for answers

function revive(_name, value) {
  const date = value?.$date;
  return date === undefined ? value : new Date(date);
}

// `connect` takes the product's address as `host` and a write `key`; it returns the
// calls that the client has.
export async function drive(connect) {
  let calls = { shiftClock: ({ milliseconds }) => shiftClock(milliseconds) };
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, given] = JSON.parse(line, revive);
    if (name === "connect") calls = { ...calls, ...connect(given) };
    else await calls[name](given);
    process.stdout.write("null\n");
  }
  await calls.close?.();
}
