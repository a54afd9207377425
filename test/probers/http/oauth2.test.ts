import { expect, test } from "vitest";
import { serveHttp, serveTcp } from "../../helpers/http-targets.ts";
import { compile, detailOf, moduleOf, probe, verdictOf } from "./probe.ts";

interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

/** Starts a token server that records requests and sends the given responses. */
async function serveTokens(
  seen: TokenRequest[],
  answer: (request: TokenRequest, count: number) => { status?: number; body: string },
) {
  return serveHttp(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const asked = {
      authorization: request.headers.authorization,
      form: Object.fromEntries(new URLSearchParams(text)),
    };
    seen.push(asked);
    const { status = 200, body } = answer(asked, seen.length);
    response.writeHead(status, { "Content-Type": "application/json" }).end(body);
  });
}

/** Starts a target that accepts the given tokens. */
const serveTarget = (accepted: ReadonlySet<string>, seen: (string | undefined)[] = []) =>
  serveHttp((request, response) => {
    const { authorization } = request.headers;
    seen.push(authorization);
    response.writeHead(accepted.has(authorization ?? "") ? 200 : 401).end();
  });

const token = (value: string, expires_in?: number): { body: string } => ({
  body: JSON.stringify({ access_token: value, token_type: "bearer", expires_in }),
});

test("fetches a token once and caches it", async () => {
  const asked: TokenRequest[] = [];
  await using tokens = await serveTokens(asked, (_, count) => token(`t${count}`, 3600));
  await using target = await serveTarget(new Set(["Bearer t1"]));
  const module = moduleOf({
    oauth2: {
      client_id: "id",
      client_secret: "s/cret",
      token_url: `http://${tokens.host}/token`,
      scopes: ["a", "b"],
      endpoint_params: { audience: "x" },
    },
  });
  for (let i = 0; i < 3; i++) {
    const result = await probe(target.host, module);
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
  }
  expect(asked).toEqual([
    {
      authorization: `Basic ${Buffer.from("id:s%2Fcret").toString("base64")}`,
      form: { grant_type: "client_credentials", scope: "a b", audience: "x" },
    },
  ]);
});

test("fetches a token again shortly before it expires", async () => {
  const asked: TokenRequest[] = [];
  await using tokens = await serveTokens(asked, (_, count) => token(`t${count}`, 10));
  await using target = await serveTarget(new Set(["Bearer t1", "Bearer t2"]));
  const module = moduleOf({ oauth2: { client_id: "id", token_url: `http://${tokens.host}` } });
  expect(verdictOf(await probe(target.host, module))).toBe("success");
  expect(verdictOf(await probe(target.host, module))).toBe("success");
  expect(asked).toHaveLength(2);
});

test("discards a token that the target rejects", async () => {
  const seen: (string | undefined)[] = [];
  await using tokens = await serveTokens([], (_, count) => token(`t${count}`, 3600));
  await using target = await serveTarget(new Set(["Bearer t2"]), seen);
  const module = moduleOf({ oauth2: { client_id: "id", token_url: `http://${tokens.host}` } });
  expect(verdictOf(await probe(target.host, module))).toBe("http_status");
  expect(verdictOf(await probe(target.host, module))).toBe("success");
  expect(seen).toEqual(["Bearer t1", "Bearer t2"]);
});

test("sends the secret in the form if the server rejects the header", async () => {
  const asked: TokenRequest[] = [];
  await using tokens = await serveTokens(asked, ({ form }) =>
    form["client_secret"] === "s" ? token("t") : { status: 401, body: "{}" },
  );
  await using target = await serveTarget(new Set(["Bearer t"]));
  const oauth2 = { client_id: "id", client_secret: "s", token_url: `http://${tokens.host}` };
  expect(verdictOf(await probe(target.host, { oauth2 }))).toBe("success");
  expect(asked.map(({ authorization, form }) => [authorization !== undefined, form["client_id"]])).toEqual([
    [true, undefined],
    [false, "id"],
  ]);
});

test.each([
  ["refuses", { status: 403, body: "{}" }, "status 403"],
  ["does not send JSON", { body: "hello s3cret" }, "not JSON"],
  ["sends no token", { body: '{"token":"s3cret"}' }, "no access_token"],
])("a token server that %s: auth, with a message that does not quote it", async (_, answer, text) => {
  await using tokens = await serveTokens([], () => answer);
  await using target = await serveTarget(new Set());
  const oauth2 = { client_id: "id", client_secret: "s3cret", token_url: `http://${tokens.host}` };
  const result = await probe(target.host, { oauth2 });
  expect([verdictOf(result), detailOf(result)]).toEqual(["auth", expect.stringContaining(text)]);
  expect(JSON.stringify(result)).not.toContain("s3cret");
});

test("a token server that hangs: timeout at the deadline", async () => {
  const controller = new AbortController();
  await using tokens = await serveTcp((socket) => socket.once("data", () => controller.abort()));
  const oauth2 = { client_id: "id", token_url: `http://${tokens.host}` };
  const result = await probe("127.0.0.1:1", { oauth2 }, { signal: controller.signal });
  expect([verdictOf(result), detailOf(result)]).toEqual(["timeout", expect.stringContaining("no token")]);
});

test.each([
  [{ client_id: "a", token_url: "nowhere" }, "oauth2.token_url: got nowhere, want an http or https URL"],
  [
    { client_id: "a", token_url: "http://a", client_secret: "b", client_secret_file: "/dev/null" },
    "oauth2.client_secret_file: got client_secret and client_secret_file",
  ],
  [
    { client_id: "a", token_url: "http://a", no_proxy: "b" },
    "oauth2.no_proxy: got no_proxy without proxy_url",
  ],
])("%j is refused", (oauth2, problem) => {
  expect(compile({ oauth2 }).problems).toEqual([expect.stringContaining(problem)]);
});
