import { afterEach, expect, test } from "vitest";
import type { WebSocket } from "ws";
import { DEFAULT_RESPONSE_MEMORY, responseMemory } from "../../../src/probers/response-memory.ts";
import { detailOf, verdictOf } from "../../helpers/probing.ts";
import { waitUntil } from "../../helpers/process.ts";
import { startWebsocketServer } from "../../helpers/websocket-servers.ts";
import { probe } from "./probe.ts";

const MIB = 2 ** 20;

afterEach(() => {
  const { held, waiting } = responseMemory.counts();
  if (held + waiting > 0) throw new Error(`${held} bytes are held, and ${waiting} answers wait`);
  responseMemory.setTotal(DEFAULT_RESPONSE_MEMORY);
});

/** A message of `mib` MiB that ends with a word. */
const message = (mib: number): string => `${"all is well ".repeat((mib * MIB) / 12)}: number 7`;

test("long messages are judged, and their groups are sent", async () => {
  const received: string[] = [];
  await using server = await startWebsocketServer((socket: WebSocket) => {
    socket.send(message(3));
    socket.on("message", (data: Buffer) => {
      received.push(data.toString());
      socket.send(message(2));
    });
  });
  const at = `ws://127.0.0.1:${server.port}/`;
  const steps = [{ expect: "number (?P<n>[0-9])$", send: "${n} $1" }, { expect: "well" }];
  expect(verdictOf(await probe(at, { query_response: steps }))).toBe("success");
  expect(received).toEqual(["7 7"]);
  const wrong = await probe(at, { query_response: [{ expect: "number 8$" }] });
  expect([verdictOf(wrong), detailOf(wrong)]).toEqual([
    "body_mismatch",
    expect.stringMatching(
      /^step 1 of 1: the message "(?:all is well ){16}all is w\.\.\." does not match number 8\$$/,
    ),
  ]);
});

test("messages above the limit are refused", async () => {
  await using server = await startWebsocketServer((socket: WebSocket) => socket.send(message(11)));
  const result = await probe(`ws://127.0.0.1:${server.port}/`, { query_response: [{ expect: "well" }] });
  expect([verdictOf(result), detailOf(result)]).toEqual([
    "too_large",
    "step 1 of 1: a message above 10485760 bytes",
  ]);
});

test("messages share the memory for answers, and one without room is not the target's fault", async () => {
  responseMemory.setTotal(10 * MIB);
  await using server = await startWebsocketServer((socket: WebSocket) => socket.send(message(9)));
  const at = `ws://127.0.0.1:${server.port}/`;
  const options = { query_response: [{ expect: "number 7$" }] };
  const other = responseMemory.open(10 * MIB);
  void other.grow(9 * MIB);
  const late = await probe(at, options, { signal: AbortSignal.timeout(500) });
  expect([verdictOf(late), detailOf(late)]).toEqual([
    "queue_timeout",
    "step 1 of 1: other answers took up limits.response_memory until the deadline, so that this one could not be read",
  ]);
  const patient = probe(at, options);
  await waitUntil("the wait", () => (responseMemory.counts().waiting === 1 ? true : undefined));
  other.release();
  expect(verdictOf(await patient)).toBe("success");
});
