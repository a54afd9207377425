import { generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { USER_AGENT } from "../../../src/core/user-agent.ts";
import { serveHttp, serveTcp } from "../../helpers/http-targets.ts";
import { temporaryFile } from "./files.ts";
import { compile, detailOf, moduleOf, probe, verdictOf } from "./probe.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

interface TokenRequest {
  readonly agent: string | undefined;
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
      agent: request.headers["user-agent"],
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
      agent: USER_AGENT,
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

test.each([
  ["announced", true],
  ["chunked", false],
])("a response of a token server of more than 1 MiB is not read, %s", async (_name, isAnnounced) => {
  const body = Buffer.from(`${token("t", 3600).body}${" ".repeat(1024 * 1024)}`);
  await using tokens = await serveHttp((_request, response) => {
    response.writeHead(200, isAnnounced ? { "Content-Length": String(body.length) } : {});
    response.end(body);
  });
  await using target = await serveTarget(new Set(["Bearer t"]));
  const oauth2 = { client_id: "id", token_url: `http://${tokens.host}` };
  const result = await probe(target.host, { oauth2 });
  expect([verdictOf(result), detailOf(result)]).toEqual(["auth", expect.stringContaining("no token from")]);
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

/** Makes a key that cannot sign by RSA. */
const ecKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

describe("an assertion", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const grant = { grant_type: JWT_BEARER, client_id: "me", client_certificate_key: pem };

  /** Returns the requests for a token that a probe with these options causes, and its result. */
  async function asked(
    oauth2: object,
  ): Promise<{ form: TokenRequest["form"]; verdict: string; detail: string }> {
    const seen: TokenRequest[] = [];
    await using tokens = await serveTokens(seen, () => token("t", 3600));
    await using target = await serveTarget(new Set(["Bearer t"]));
    const module = moduleOf({ oauth2: { ...oauth2, token_url: `http://${tokens.host}/token` } });
    const result = await probe(target.host, module);
    expect(seen.every(({ authorization }) => authorization === undefined)).toBe(true);
    const form = Object.fromEntries(
      Object.entries(seen[0]?.form ?? {}).map(([name, value]) => [
        name,
        value.replaceAll(tokens.host, "SERVER"),
      ]),
    );
    return { form, verdict: verdictOf(result), detail: detailOf(result) };
  }

  /** Verifies an assertion and returns its header and claims. */
  function opened(assertion: string, algorithm: string): readonly unknown[] {
    const [header = "", claims = "", signature = ""] = assertion.split(".");
    const isValid = verify(
      algorithm,
      Buffer.from(`${header}.${claims}`),
      publicKey,
      Buffer.from(signature, "base64url"),
    );
    expect(isValid).toBe(true);
    return [header, claims].map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  }

  test("is signed with the key of the client", async () => {
    const before = Math.floor(Date.now() / 1000);
    const { form, verdict } = await asked(grant);
    expect(verdict).toBe("success");
    const { assertion = "", ...rest } = form;
    expect(rest).toEqual({ grant_type: JWT_BEARER });
    const [header, claims] = opened(assertion, "RSA-SHA256");
    expect(header).toEqual({ alg: "RS256", typ: "JWT" });
    expect(claims).toEqual({
      iss: "me",
      sub: "me",
      aud: expect.stringMatching(/^http:.*\/token$/),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    const { iat, exp } = claims as { iat: number; exp: number };
    expect(iat).toBeGreaterThanOrEqual(before);
    expect(exp - iat).toBe(600);
  });

  test("has the configured claims", async () => {
    const { form } = await asked({
      ...grant,
      client_certificate_key: undefined,
      client_certificate_key_file: temporaryFile(pem),
      client_certificate_key_id: "k1",
      signature_algorithm: "RS512",
      iss: "issuer",
      audience: "audience",
      scopes: ["a", "b"],
      claims: { sub: "another", list: [1, null] },
      endpoint_params: { more: "x" },
    });
    const { assertion = "", ...rest } = form;
    expect(rest).toEqual({ grant_type: JWT_BEARER, scope: "a b", more: "x" });
    const [header, claims] = opened(assertion, "RSA-SHA512");
    expect(header).toEqual({ alg: "RS512", typ: "JWT", kid: "k1" });
    expect(claims).toMatchObject({
      iss: "issuer",
      aud: "audience",
      sub: "another",
      scope: "a b",
      list: [1, null],
    });
  });

  test.each([
    ["no key", { client_certificate_key: "hush" }, "auth"],
    ["a key of another kind", { client_certificate_key: ecKey() }, "auth"],
    [
      "a missing file",
      { client_certificate_key: undefined, client_certificate_key_file: "/nowhere/key" },
      "file_missing",
    ],
  ])("with %s fails without a request", async (_, options, reason) => {
    const { form, verdict, detail } = await asked({ ...grant, ...options });
    expect([form, verdict]).toEqual([{}, reason]);
    expect(detail).toContain("client_certificate_key");
    expect(detail).not.toContain("hush");
  });

  test.each([
    [
      { client_certificate_key: undefined },
      "client_certificate_key: got nothing, want the key of the client",
    ],
    [{ client_certificate_key_file: "/f" }, "client_certificate_key and client_certificate_key_file"],
  ])("with %j is refused", (options, problem) => {
    const { problems } = compile({ oauth2: { ...grant, token_url: "http://a", ...options } });
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});

test("an unknown type of grant means client credentials, with a warning", async () => {
  const { warnings, problems } = compile({
    oauth2: { client_id: "a", token_url: "http://a", grant_type: "password" },
  });
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining('oauth2.grant_type: is "password", which means client_credentials'),
  ]);
});
