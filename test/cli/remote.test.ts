import { expect, test } from "vitest";
import { createRemote } from "../../src/cli/remote.ts";
import { seconds } from "../../src/core/units.ts";
import { serveHttp } from "../helpers/http-targets.ts";

/** Colours, moves the cursor, sets the title, reorders text, and ends the line. */
const HOSTILE = "\u001b[31mred\u001b[2K\u001b]0;title\u0007\u202egpj.exe\u2028next\r\nlast\u0000";
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const messageOf = async (run: Promise<unknown>): Promise<string> => {
  const error: unknown = await run.catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error("no error");
  return error.message;
};

test.each([
  ["an error in JSON", JSON.stringify({ error: HOSTILE })],
  ["a page of another server", HOSTILE],
])("%s is shown without what a terminal would obey", async (_name, body) => {
  await using server = await serveHttp((_request, response) => void response.writeHead(500).end(body));
  const remote = createRemote(new URL(`http://${server.host}`), { timeout: seconds(10) });
  const message = await messageOf(remote.ask("api/v1/dashboard", {}));
  expect(message).toContain("got status 500 (\\u{1b}[31mred");
  expect(message).not.toMatch(INVISIBLE);
});

test("a long answer is cut", async () => {
  await using server = await serveHttp(
    (_request, response) => void response.writeHead(500).end("x".repeat(100_000)),
  );
  const remote = createRemote(new URL(`http://${server.host}`), { timeout: seconds(10) });
  expect((await messageOf(remote.ask("api/v1/dashboard", {}))).length).toBeLessThan(1000);
});
