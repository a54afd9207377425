import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginsWithPlainHead, createHeadReader } from "../../../src/probers/http/transport/response-head.ts";
import { serveTcp } from "../../helpers/http-targets.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

/** Reads a response in pieces, to the end of the connection. */
function read(pieces: readonly string[]): string {
  const reader = createHeadReader();
  let passed = "";
  for (const [i, piece] of pieces.entries()) {
    passed += reader.read(piece);
    if (reader.isOver()) return passed + pieces.slice(i + 1).join("");
  }
  return passed + reader.rest();
}

const head = (...lines: readonly string[]): string => ["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n");

/** Heads that Go accepts, and what the parser gets. */
const mended: readonly (readonly [name: string, received: string, passed: string])[] = [
  ["the same length twice", head("Content-Length: 2", "content-length:2 "), head("Content-Length: 2")],
  [
    "the same length thrice",
    head("A: b", "Content-Length: 2", "Content-Length: 2", "Content-Length: 2"),
    head("A: b", "Content-Length: 2"),
  ],
  ["an empty length", head("Content-Length:", "A: b"), head("A: b")],
  ["two empty lengths", head("Content-Length:", "Content-Length: "), head()],
  ["a space before a colon", head("X-A : b", "X-B: c"), head("X-B: c")],
  ["a space in a name", head("X A: b"), head()],
  [
    "a length with a space before its colon",
    head("Content-Length : 2", "Content-Length: 3"),
    head("Content-Length: 3"),
  ],
  ["a folded header", head("X-A: one ", "  two\t", "\tthree"), head("X-A: one two three")],
  ["a folded length", head("Content-Length:", " 2", "Content-Length: 2"), head("Content-Length: 2")],
  ["a header folded with nothing", head("X-A: one", " "), head("X-A: one ")],
  ["spaces before the status", head().replace("1.1 ", "1.1   "), head()],
  ["carriage returns in the reason", head().replace("OK", "O\rK\r"), head()],
  ["bare line feeds", "HTTP/1.1 200 OK\nX-A: b\n\n", head("X-A: b")],
  [
    "an interim head",
    "HTTP/1.1  100 On\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n" +
      head("Content-Length: 2", "Content-Length: 2"),
    "HTTP/1.1 100 On\r\nContent-Length: 1\r\n\r\n" + head("Content-Length: 2"),
  ],
  ["a switch of protocols", "HTTP/1.1  101 Up\r\nX : a\r\n\r\n", "HTTP/1.1 101 Up\r\n\r\n"],
];

/** Heads that the parser gets as they are: it accepts or refuses them as Go does. */
const unchanged: readonly (readonly [name: string, received: string])[] = [
  ["different lengths", head("Content-Length: 2", "Content-Length: 3")],
  ["different spellings of a length", head("Content-Length: 2", "Content-Length: 02")],
  ["an empty length after another", head("Content-Length: 2", "Content-Length:")],
  ["another length after an empty one", head("Content-Length:", "Content-Length: 2")],
  ["a line without a colon", head("nonsense")],
  ["a name with other characters", head("a(b): c", "\u00e4: b", "a\tb: c", ": c")],
  ["a name that begins with a space", head(" X-A: b").replace("OK\r\n", "OK\r\n")],
  ["a status of two digits", head().replace("200", "20")],
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["nothing", ""],
  ["half a line", "HTTP/1.1 2"],
  ["half a head", "HTTP/1.1 200 OK\r\nX-A: b\r\nX-"],
  ["a held line at the end", "HTTP/1.1 200 OK\r\nX-A: b\r\n"],
  ["an empty line first", `\r\n${head()}`],
];

describe("a head", () => {
  test.each(mended)("with %s is mended", (_, received, passed) => {
    expect(read([`${received}body\n\nContent-Length : x`])).toBe(`${passed}body\n\nContent-Length : x`);
    expect(beginsWithPlainHead(`${received}body`)).toBe(false);
  });

  test.each(unchanged)("with %s is not changed", (_, received) => {
    expect(read([received])).toBe(received);
  });

  test("is the same, wherever the pieces are split", () => {
    const texts = fc.constantFrom(
      ...mended.map(([, received]) => received),
      ...unchanged.map(([, received]) => received),
    );
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200), { maxLength: 8 }), (text, cuts) => {
        const whole = `${text}body`;
        const places = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].toSorted(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((end, i) => whole.slice(places[i], end));
        expect(read(pieces)).toBe(read([whole]));
      }),
      { numRuns: 2000 },
    );
  });

  test("that is plain passes unchanged, and is recognized", () => {
    const name = fc
      .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,9}$/)
      .filter((text) => text.toLowerCase() !== "content-length");
    const value = fc.stringMatching(/^[!-~]{0,12}$/);
    const lines = fc.array(fc.tuple(name, value), { maxLength: 6 });
    fc.assert(
      fc.property(lines, fc.boolean(), (headers, announced) => {
        const received = head(
          ...headers.map(([key, text]) => `${key}: ${text}`),
          ...(announced ? ["Content-Length: 4"] : []),
        );
        expect(beginsWithPlainHead(`${received}body`)).toBe(true);
        expect(read([received])).toBe(received);
      }),
    );
  });

  test.each([
    ["an endless line", (i: number) => (i === 0 ? "HTTP/1.1 200 OK\r\nX-A: " : "a".repeat(999))],
    ["an endless folded header", (i: number) => (i === 0 ? "HTTP/1.1 200 OK\r\nX-A: " : " a\r\n")],
    ["an endless name", () => "a ".repeat(500)],
  ])("with %s is held back for a while only, in linear time", (_, piece) => {
    const reader = createHeadReader();
    const started = performance.now();
    let received = 0;
    for (let i = 0; !reader.isOver() && i < 1e5; i += 1) {
      received += piece(i).length;
      reader.read(piece(i));
    }
    expect(reader.isOver()).toBe(true);
    expect(received).toBeLessThan(200_000);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("a response", () => {
  const lengths = "Content-Length: 2\r\nContent-Length: 2\r\n";

  test.each([
    ["in one piece", ["HTTP/1.1 200 OK\r\n" + lengths + "\r\nhi"]],
    [
      "in pieces",
      ["HTTP/1.1 20", "0 OK\r\nContent-Length: 2\r\nContent-", "Length: 2\r", "\n\r", "\nh", "i"],
    ],
    ["after another one", ["HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n" + lengths, "\r\nhi"]],
    ["without an end of the connection", ["HTTP/1.1 200 OK\r\n" + lengths + "\r\nhi", undefined]],
  ])("with a repeated length succeeds %s", async (_, pieces) => {
    await using server = await serveTcp((socket) => {
      socket.once("data", async () => {
        for (const piece of pieces) {
          if (piece === undefined) return;
          socket.write(piece);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        socket.end();
      });
    });
    const options = {
      fail_if_body_not_matches_regexp: ["^hi$"],
      fail_if_header_not_matches: [{ header: "Content-Length", regexp: "^2$" }],
    };
    const result = await probe(server.host, options);
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(valueIn(result, "probe_http_content_length")).toBe(2);
  });

  test.each([
    ["that switches protocols", "HTTP/1.1  101 Up\r\nUpgrade: x\r\nX : a\r\n\r\nrest", 101],
    ["of a 204", `HTTP/1.1 204 No\r\n${lengths}\r\n`, 204],
  ])("%s is read", async (_, response, status) => {
    await using server = await serveTcp((socket) => void socket.once("data", () => socket.end(response)));
    const result = await probe(server.host, { valid_status_codes: [status] });
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
  });

  test("of a proxy to CONNECT is read", async () => {
    const opened = "HTTP/1.1  200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\nX : a\r\n\r\n";
    await using proxy = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write(opened);
        // Not a TLS server, but the tunnel is open.
        socket.once("data", () => socket.end("HTTP/1.1 400 Bad\r\n\r\n"));
      });
    });
    const result = await probe("https://127.0.0.2:1/", { proxy_url: `http://${proxy.host}` });
    expect(verdictOf(result)).toBe("tls");
  });

  test.each([
    ["is garbage", "garbage", "malformed"],
    ["has no status", "HTTP/1.1 abc OK\r\n", "malformed"],
    [
      "has different lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
      "malformed",
    ],
    ["has a line without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\nX-A: b\r\n", "malformed"],
  ])("fails at once if it %s, although the server is silent", async (_, response, reason) => {
    await using server = await serveTcp((socket) => void socket.once("data", () => socket.write(response)));
    const result = await probe(server.host, {});
    expect(verdictOf(result)).toBe(reason);
  });
});
