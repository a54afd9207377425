import { writeFile } from "node:fs/promises";
import { redirect, script, text, to } from "../answers.ts";
import type { Case, Place } from "../case.ts";
import { type Answer } from "../case.ts";
import { headerOf } from "../targets/requests.ts";

const on = ({ path }: Place): string => `${path}/1`;
const away = ({ url }: Place): string => `${url("http", "127.0.0.2")}/1`;

/** Responds to `/token` as a token server; all other paths require its token. */
const guarded =
  (
    token: object = { access_token: "granted", token_type: "Bearer", expires_in: 3600 },
    accepts: (request: Parameters<Answer>[0]) => boolean = () => true,
  ): Answer =>
  (request, reply) => {
    const asksForToken = request.rest === "/token";
    const granted = asksForToken ? accepts(request) : headerOf(request, "authorization") === "Bearer granted";
    reply.writeHead(granted ? 200 : 401, { "Content-Type": "application/json" });
    reply.end(asksForToken && granted ? JSON.stringify(token) : "{}");
  };

const oauth2 =
  (more = "") =>
  ({ url }: Place): string =>
    `{ oauth2: { client_id: me, client_secret: "se:cret/ü", token_url: "${url("http")}/token"${more} } }`;

/** The difference of token requests: this exporter asks for JSON, uncompressed. */
const asks = (
  requests: number,
  more: Readonly<Record<string, readonly string[]>> = {},
): Pick<Case, "differs"> => ({
  differs: {
    "token-request": Array.from({ length: requests }, (_, i) => [
      `request ${i + 1}: - header Accept-Encoding`,
      `request ${i + 1}: + header Accept`,
    ]).flat(),
    ...more,
  },
});

/** Credentials. */
export const credentials: readonly Case[] = [
  { name: "basic_auth", verdict: "success", http: "{ basic_auth: { username: user, password: 'pä:ss' } }" },
  { name: "basic_auth without a password", verdict: "success", http: "{ basic_auth: { username: user } }" },
  { name: "basic_auth without a user", verdict: "success", http: "{ basic_auth: { password: word } }" },
  {
    name: "basic_auth with numbers as written",
    verdict: "success",
    http: "{ basic_auth: { username: 1.10, password: 007 } }",
  },
  {
    name: "basic_auth from files",
    verdict: "success",
    http: ({ file }) =>
      `{ basic_auth: { username_file: ${file("user.txt")}, password_file: ${file("password.txt")} } }`,
  },
  {
    name: "basic_auth from a missing file with the user",
    verdict: "failure",
    http: ({ file }) => `{ basic_auth: { username_file: ${file("nothing")}, password: x } }`,
  },
  { name: "bearer_token", verdict: "success", http: "{ bearer_token: abc }" },
  {
    name: "bearer_token from a file",
    verdict: "success",
    http: ({ file }) => `{ bearer_token_file: ${file("token.txt")} }`,
  },
  { name: "authorization", verdict: "success", http: "{ authorization: { credentials: abc } }" },
  {
    name: "authorization with another type",
    verdict: "success",
    http: "{ authorization: { type: ApiKey, credentials: abc } }",
  },
  {
    name: "authorization with an empty type",
    verdict: "success",
    http: "{ authorization: { type: '', credentials: abc } }",
  },
  {
    name: "authorization without credentials",
    verdict: "success",
    http: "{ authorization: { type: Bearer } }",
  },
  {
    name: "authorization from a file",
    verdict: "success",
    http: ({ file }) => `{ authorization: { type: Token, credentials_file: ${file("token.txt")} } }`,
  },
  {
    name: "a token file that changes",
    verdict: "success",
    http: ({ file }) => `{ authorization: { credentials_file: ${file("changing-token.txt")} } }`,
    between: ({ file }) => writeFile(file("changing-token.txt"), "the second one\n"),
  },
  { name: "an Authorization header", verdict: "success", http: "{ headers: { authorization: 'Digest x' } }" },
  {
    name: "an Authorization header and basic_auth",
    verdict: "success",
    http: "{ headers: { Authorization: mine }, basic_auth: { username: u, password: p } }",
  },
  {
    name: "credentials in the address",
    verdict: "success",
    target: ({ port, path }) => `http://user:p%40ss@127.0.0.1:${port("http")}${path}`,
  },
  {
    name: "a user in the address",
    verdict: "success",
    target: ({ port, path }) => `http://user@127.0.0.1:${port("http")}${path}`,
  },
  {
    name: "credentials in the address and in the module",
    verdict: "success",
    http: "{ basic_auth: { username: u, password: p } }",
    target: ({ port, path }) => `http://user:word@127.0.0.1:${port("http")}${path}`,
  },
  {
    name: "credentials on a redirect to the same host",
    verdict: "success",
    http: "{ basic_auth: { username: u, password: p } }",
    answer: redirect(on),
  },
  {
    name: "credentials on a redirect to another host",
    verdict: "success",
    http: "{ basic_auth: { username: u, password: p } }",
    answer: redirect(away),
  },
  {
    name: "credentials in the address on a redirect with a host",
    verdict: "success",
    target: ({ port, path }) => `http://user:word@127.0.0.1:${port("http")}${path}`,
    answer: redirect(({ url }) => `${url("http")}/1`),
    differs: { "own-name": ["request 2: + header Authorization"] },
  },
  {
    name: "credentials on a redirect to another port",
    verdict: "success",
    http: "{ basic_auth: { username: u, password: p } }",
    answer: redirect(({ url }) => `${url("raw")}/1`),
    raw: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    differs: { "other-ports": ["request 2: - header Authorization"] },
  },
  {
    name: "credentials on a redirect to the target's address",
    verdict: "success",
    host: "localhost",
    http: "{ authorization: { credentials: abc } }",
    answer: redirect(({ url }) => `${url("http")}/1`),
  },
  {
    name: "credentials on a redirect to the target's name",
    verdict: "success",
    host: "localhost",
    http: "{ authorization: { credentials: abc } }",
    answer: redirect(({ url }) => `${url("http", "localhost")}/1`),
    differs: { "own-name": ["request 2: + header Authorization"] },
  },
  {
    name: "an Authorization header on a redirect to another host",
    verdict: "success",
    http: "{ headers: { Authorization: mine, Cookie: a=b, X-Plain: c } }",
    answer: redirect(away),
  },
  {
    name: "credentials in the address on a redirect",
    verdict: "success",
    target: ({ port, path }) => `http://user:word@127.0.0.1:${port("http")}${path}`,
    answer: redirect(on),
  },

  { name: "oauth2", verdict: "success", http: oauth2(), answer: guarded(), ...asks(1) },
  {
    name: "oauth2 with scopes and parameters",
    verdict: "success",
    http: oauth2(', scopes: [b, a], endpoint_params: { audience: "x y", zone: 1.10 }'),
    answer: guarded(),
    ...asks(1),
  },
  {
    name: "oauth2 with the secret in a file",
    verdict: "success",
    http: ({ url, file }) =>
      `{ oauth2: { client_id: me, client_secret_file: ${file("client-secret.txt")}, token_url: "${url("http")}/token" } }`,
    answer: guarded(),
    ...asks(1),
  },
  {
    name: "oauth2 at a server that requires the secret in the form",
    verdict: "success",
    http: oauth2(),
    answer: guarded(undefined, (request) => headerOf(request, "authorization") === undefined),
    ...asks(2),
  },
  {
    name: "oauth2 with another type of token",
    verdict: "failure",
    http: oauth2(),
    answer: guarded({ access_token: "granted", token_type: "MAC" }),
    ...asks(1),
  },
  {
    name: "oauth2 without a type of token",
    verdict: "success",
    http: oauth2(),
    answer: guarded({ access_token: "granted" }),
    ...asks(1),
  },
  {
    name: "oauth2 with a lifetime as a text",
    verdict: "success",
    http: oauth2(),
    answer: guarded({ access_token: "granted", expires_in: "60" }),
    ...asks(1),
  },
  {
    name: "oauth2 without a token in the response",
    verdict: "failure",
    http: oauth2(),
    answer: guarded({ error: "no" }),
    ...asks(2),
  },
  {
    name: "oauth2 that is refused",
    verdict: "failure",
    http: oauth2(),
    answer: guarded({}, () => false),
    ...asks(2),
  },
  {
    name: "bearer_token_file that is empty",
    verdict: "success",
    http: ({ file }) => `{ bearer_token_file: ${file("empty.txt")} }`,
    differs: {
      "files-of-secrets": [
        "probe_http_content_length: 5 -> 0",
        ...["connect", "processing", "transfer"].map(
          (phase) => `probe_http_duration_seconds{phase="${phase}"}: some time -> 0`,
        ),
        "probe_http_status_code: 200 -> 0",
        "probe_http_uncompressed_body_length: 5 -> 0",
        "probe_http_version: 1.1 -> 0",
        "probe_success: 1 -> 0",
        "requests: 1 -> 0",
      ],
    },
  },
  {
    name: "oauth2 at a port that refuses",
    verdict: "failure",
    http: ({ port }) =>
      `{ oauth2: { client_id: me, client_secret: x, token_url: "http://127.0.0.1:${port("closed")}/" } }`,
  },
  {
    name: "oauth2 over TLS",
    verdict: "success",
    http: ({ url, file }) =>
      `{ oauth2: { client_id: me, client_secret: x, token_url: "${url("https")}/token", tls_config: { ca_file: ${file("root.pem")} } } }`,
    answer: guarded(),
    ...asks(1),
  },
  {
    name: "oauth2 on a redirect to another host",
    verdict: "success",
    http: oauth2(),
    answer: (request, reply, place) =>
      request.rest === "/token"
        ? guarded()(request, reply, place)
        : script(to(away), text("there"))(request, reply, place),
    ...asks(1),
  },
  {
    name: "oauth2 twice",
    verdict: "success",
    http: oauth2(),
    answer: guarded(),
    between: async () => undefined,
    ...asks(1, { "oauth2-token-kept": ["again: requests: 2 -> 1"] }),
  },
];
