import { expect, test } from "vitest";
import { serveHttp, serveTcp } from "../../helpers/http-targets.ts";
import { expectNoLeak } from "../../helpers/resources.ts";
import { moduleOf, probe, verdictOf } from "./probe.ts";

/** A server whose pages stay open: only the client ends a connection. */
const serve = () =>
  serveHttp((request, response) => {
    const [, kind = "", count = "0"] = (request.url ?? "").split("/");
    const more = Number(count) - 1;
    switch (kind) {
      case "hops":
        // Each answer has a body that goes on after the redirect.
        response.writeHead(302, { Location: more > 0 ? `/hops/${more}` : "/page", Connection: "keep-alive" });
        return void response.write("moved");
      case "endless":
        return void response.writeHead(200, { Connection: "keep-alive" }).write("x".repeat(5000));
      case "token":
        response.writeHead(200, { Connection: "keep-alive", "Content-Type": "application/json" });
        // It expires at once, so that each probe fetches another.
        return void response.write(`{"access_token":"t","expires_in":1}${" ".repeat(100)}`, () =>
          setTimeout(() => response.end(), 5),
        );
      case "refused":
        response.writeHead(401, { Connection: "keep-alive" }).end("no");
        return;
      default:
        response.writeHead(200, { Connection: "keep-alive" }).end("page");
    }
  });

/** A token server that never closes a connection, not even after an answer that is complete. */
const serveTokens = (answer: string) =>
  serveTcp((socket) => {
    socket.on("data", () => socket.write(answer));
  });

const TOKEN = '{"access_token":"t","expires_in":1}';
test.each([
  ["a token", `HTTP/1.1 200 OK\r\nContent-Length: ${TOKEN.length}\r\n\r\n${TOKEN}`, "success"],
  ["another status", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "auth"],
  ["another protocol", "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "auth"],
  ["more than is read", `HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n${" ".repeat(1_200_000)}`, "auth"],
  ["no HTTP", "hello, world\r\n\r\n", "auth"],
])(
  "probes whose token server answers with %s and holds the connection leave no socket",
  async (_name, answer, verdict) => {
    await using server = await serve();
    await using tokens = await serveTokens(answer);
    const module = moduleOf({ oauth2: { client_id: "a", token_url: `http://${tokens.host}` } });
    await expectNoLeak(
      async () => {
        expect(verdictOf(await probe(`http://${server.host}/page`, module))).toBe(verdict);
      },
      () => ({ connections: tokens.sockets.size }),
    );
  },
);

test.each([
  ["a page", "/page", {}, "success"],
  ["redirects", "/hops/3", {}, "success"],
  ["a redirect that is not followed", "/hops/3", { follow_redirects: false }, "redirect"],
  ["a chain of redirects that is too long", "/hops/30", {}, "redirect"],
  ["a body that is too large", "/endless", { body_size_limit: "1000B" }, "too_large"],
  ["a token", "/page", { oauth2: { client_id: "a", token_url: "/token" } }, "success"],
  ["a refused token", "/page", { oauth2: { client_id: "a", token_url: "/refused" } }, "auth"],
])("probes with %s leave no socket and no timer", async (_name, path, options, verdict) => {
  await using server = await serve();
  const base = `http://${server.host}`;
  const { oauth2, ...others } = options as { oauth2?: { token_url: string } };
  const module = moduleOf(
    oauth2 === undefined
      ? others
      : { ...others, oauth2: { ...oauth2, token_url: `${base}${oauth2.token_url}` } },
  );
  const run = async (): Promise<void> => {
    expect(verdictOf(await probe(`${base}${path}`, module))).toBe(verdict);
  };
  await expectNoLeak(run, () => ({ connections: server.sockets.size }));
});
