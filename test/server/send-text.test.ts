import { createServer, type IncomingMessage } from "node:http";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SMALL, sendText } from "../../src/server/compress.ts";
import { serveServer } from "../helpers/http-targets.ts";

test("a text arrives as its UTF-8, whatever its characters and its length", async () => {
  let text = "";
  const handle = (req: IncomingMessage, res: Parameters<typeof sendText>[1]): void =>
    void sendText(req, res, text);
  await using server = await serveServer(createServer(handle));
  const arrives = async (sent: string): Promise<void> => {
    text = sent;
    const answer = await fetch(`http://${server.host}/`, { headers: { "Accept-Encoding": "identity" } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.toString("hex")).toBe(Buffer.from(sent).toString("hex"));
    expect(answer.headers.get("content-length")).toBe(String(bytes.length));
  };
  for (const sent of ["", "up 1\n", "ÿ", "é".repeat(SMALL), "\ud800", `${"a".repeat(SMALL * 20)}→`])
    await arrives(sent);
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), arrives), { numRuns: 200 });
});
