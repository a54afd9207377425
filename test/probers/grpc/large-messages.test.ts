import { afterEach, expect, test } from "vitest";
import { DEFAULT_RESPONSE_MEMORY, responseMemory } from "../../../src/probers/response-memory.ts";
import { startHealthServer } from "../../helpers/grpc-servers.ts";
import { detailOf, verdictOf } from "../../helpers/probing.ts";
import { waitUntil } from "../../helpers/process.ts";
import { probe } from "./probe.ts";

const MIB = 2 ** 20;

/** A message that says serving, and has 3 MiB of an unknown field after it. */
const LARGE = Buffer.concat([Buffer.from([8, 1, 0x1a, 0x80, 0x80, 0xc0, 1]), Buffer.alloc(3 * MIB)]);

afterEach(() => {
  const { held, waiting } = responseMemory.counts();
  responseMemory.setTotal(DEFAULT_RESPONSE_MEMORY);
  if (held + waiting > 0) throw new Error(`${held} bytes are held, and ${waiting} answers wait`);
});

test("messages share the memory for answers, and one without room is not the target's fault", async () => {
  responseMemory.setTotal(5 * MIB);
  await using server = await startHealthServer(() => LARGE);
  const at = `127.0.0.1:${server.port}`;
  const other = responseMemory.open(5 * MIB);
  void other.grow(5 * MIB);
  const late = await probe(at, {}, { signal: AbortSignal.timeout(500) });
  expect([verdictOf(late), detailOf(late)]).toEqual([
    "queue_timeout",
    "other answers took up limits.response_memory until the deadline, so that this one could not be read",
  ]);
  const patient = probe(at);
  await waitUntil("the wait", () => (responseMemory.counts().waiting === 1 ? true : undefined));
  other.release();
  expect(verdictOf(await patient)).toBe("success");
});

test("a short message needs no room", async () => {
  responseMemory.setTotal(MIB);
  await using server = await startHealthServer(() => 1);
  const other = responseMemory.open(MIB);
  void other.grow(MIB);
  expect(verdictOf(await probe(`127.0.0.1:${server.port}`))).toBe("success");
  other.release();
});
