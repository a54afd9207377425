import { describe, expect, test } from "vitest";
import { makeCertificate } from "../../helpers/certificates.ts";
import { detailOf, seriesOf, verdictOf } from "../../helpers/probing.ts";
import { accepted, startHandshakeServer, startWebsocketServer } from "../../helpers/websocket-servers.ts";
import { temporaryFile } from "../http/files.ts";
import { compile, probe } from "./probe.ts";

const UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

/** Answers to a handshake, given its key's digest. */
const answers: readonly (readonly [
  name: string,
  verdict: string,
  status: number,
  (accept: string) => string,
])[] = [
  ["as it should be", "success", 101, (accept) => accepted(accept)],
  [
    "names and words in other cases, and other words",
    "success",
    101,
    (accept) =>
      `HTTP/1.1 101 Yes\r\nUPGRADE: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\nSEC-WEBSOCKET-ACCEPT: ${accept}\r\n\r\n`,
  ],
  ["bare line feeds", "success", 101, (accept) => accepted(accept).replaceAll("\r\n", "\n")],
  [
    "informational headers before it",
    "success",
    101,
    (accept) => `HTTP/1.1 103 Early\r\n\r\n${accepted(accept)}`,
  ],
  ["the digest of another key", "malformed", 101, () => accepted("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")],
  [
    "the digest with spaces in it",
    "malformed",
    101,
    (accept) => accepted(`${accept.slice(0, 4)} ${accept.slice(4)}`),
  ],
  ["no digest", "malformed", 101, () => `HTTP/1.1 101 Yes\r\n${UPGRADE}\r\n`],
  [
    "no Connection",
    "malformed",
    101,
    (accept) => `HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  ],
  [
    "no Upgrade",
    "malformed",
    101,
    (accept) => `HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  ],
  [
    "another protocol",
    "malformed",
    101,
    (accept) =>
      `HTTP/1.1 101 Yes\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  ],
  [
    "an extension that was not offered",
    "malformed",
    101,
    (accept) => accepted(accept, "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
  ],
  [
    "a subprotocol that was not offered",
    "malformed",
    101,
    (accept) => accepted(accept, "Sec-WebSocket-Protocol: chat\r\n"),
  ],
  ["200", "http_status", 200, () => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"],
  [
    "200 with the headers of an upgrade",
    "http_status",
    200,
    (accept) => accepted(accept).replace("101", "200"),
  ],
  ["302", "http_status", 302, () => "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"],
  ["401", "http_status", 401, () => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"],
  ["426 without an end", "http_status", 426, () => "HTTP/1.1 426 Upgrade Required\r\n\r\nforever"],
  ["503", "http_status", 503, () => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"],
  ["another protocol altogether", "malformed", 0, () => "SSH-2.0-OpenSSH_9.2\r\n"],
];

test.each(answers)("%s: %s", async (_name, verdict, status, answer) => {
  await using server = await startHandshakeServer(answer);
  const result = await probe(`ws://127.0.0.1:${server.port}/`);
  expect([verdictOf(result), seriesOf(result).get("probe_websocket_status_code")]).toEqual([verdict, status]);
  expect(seriesOf(result).get("probe_websocket_connection_upgraded")).toBe(verdict === "success" ? 1 : 0);
});

test("an answer is the same however it is cut", async () => {
  const length = accepted("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=").length;
  for (let cut = 1; cut < length; cut += 7) {
    await using server = await startHandshakeServer((accept, socket) => {
      const bytes = accepted(accept);
      socket.write(bytes.slice(0, cut), () => setImmediate(() => socket.write(bytes.slice(cut))));
      return undefined;
    });
    expect(verdictOf(await probe(`ws://127.0.0.1:${server.port}/`))).toBe("success");
  }
});

test("connections that servers close", async () => {
  await using closing = await startHandshakeServer((_accept, socket) => void socket.end());
  expect(verdictOf(await probe(`ws://127.0.0.1:${closing.port}/`))).toBe("network");
  await using resetting = await startHandshakeServer((_accept, socket) => void socket.resetAndDestroy());
  expect(verdictOf(await probe(`ws://127.0.0.1:${resetting.port}/`))).toBe("network");
});

describe("requests", () => {
  const headersFor = async (
    options: object,
    address = (port: number) => `ws://127.0.0.1:${port}/`,
  ): Promise<{ readonly url: string | undefined; readonly headers: Readonly<Record<string, unknown>> }> => {
    await using server = await startWebsocketServer(undefined, {
      options: { handleProtocols: (offered) => [...offered].at(-1) ?? false },
    });
    const result = await probe(address(server.port), options);
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    const [request] = server.requests;
    return { url: request?.url, headers: request?.headersDistinct ?? {} };
  };

  test("have the path as written, the host as written, and no extensions", async () => {
    const { url, headers } = await headersFor({}, (port) => `WS://localhost:${port}/a/../b%2Fc?x=1&y#frag`);
    expect(url).toBe("/a/../b%2Fc?x=1&y");
    expect(headers["host"]).toEqual([expect.stringMatching(/^localhost:\d+$/)]);
    expect(headers["user-agent"]).toEqual([expect.stringMatching(/^heartbeat-exporter/)]);
    expect(headers["connection"]).toEqual(["Upgrade"]);
    expect(Object.keys(headers)).not.toContain("sec-websocket-extensions");
  });

  test("have headers of values, secrets and files", async () => {
    const { headers } = await headersFor({
      headers: {
        Host: { values: ["inner.example"] },
        "x-a": { values: ["1", "2"], secrets: ["3"], files: [temporaryFile("4\n")] },
        "user-agent": { values: ["other"] },
        Origin: { values: ["https://app.example"] },
      },
    });
    expect(headers).toMatchObject({
      host: ["inner.example"],
      "x-a": ["1", "2", "3", "4"],
      "user-agent": ["other"],
      origin: ["https://app.example"],
    });
  });

  test.each([
    [{ basic_auth: { username: "me", password: "secret" } }, "Basic bWU6c2VjcmV0"],
    [{ authorization: { credentials: "secret" } }, "Bearer secret"],
    [{ authorization: { type: "Token", credentials: "secret" } }, "Token secret"],
    [{ bearer_token: "secret" }, "Bearer secret"],
  ])("have credentials: %j", async (http_config, sent) => {
    const { headers } = await headersFor({ http_config });
    expect(headers["authorization"]).toEqual([sent]);
  });

  test("have a configured Authorization header instead of credentials", async () => {
    const headers = { authorization: { secrets: ["Own"] } };
    const sent = await headersFor({ headers, http_config: { bearer_token: "other" } });
    expect(sent.headers["authorization"]).toEqual(["Own"]);
  });

  test("offer subprotocols, and the server has to choose one of them", async () => {
    const headers = { "Sec-WebSocket-Protocol": { values: ["graphql-ws, graphql-transport-ws"] } };
    const sent = await headersFor({ headers });
    expect(sent.headers["sec-websocket-protocol"]).toEqual(["graphql-ws,graphql-transport-ws"]);
    await using deaf = await startWebsocketServer(undefined, { options: { handleProtocols: () => false } });
    const result = await probe(`ws://127.0.0.1:${deaf.port}/`, { headers });
    expect([verdictOf(result), detailOf(result)]).toEqual([
      "malformed",
      "the answer to the handshake is not valid: Server sent no subprotocol",
    ]);
  });

  test("go to the server over TLS, with its name", async () => {
    const { cert, key } = makeCertificate({ names: ["DNS:localhost"] });
    await using server = await startWebsocketServer(undefined, { tls: { cert, key } });
    const options = { http_config: { tls_config: { ca: cert } } };
    expect(verdictOf(await probe(`wss://localhost:${server.port}/`, options))).toBe("success");
    expect(verdictOf(await probe(`wss://127.0.0.1:${server.port}/`, options))).toBe("certificate");
    const named = { http_config: { tls_config: { ca: cert, server_name: "localhost" } } };
    expect(verdictOf(await probe(`wss://127.0.0.1:${server.port}/`, named))).toBe("success");
  });
});

test("files that cannot be read fail the probe before anything is sent", async () => {
  await using server = await startWebsocketServer();
  const address = `ws://127.0.0.1:${server.port}/`;
  const header = await probe(address, { headers: { "x-a": { files: ["/does/not/exist"] } } });
  expect(verdictOf(header)).toBe("file_missing");
  const ca = await probe(address, { http_config: { tls_config: { ca_file: "/does/not/exist" } } });
  expect(verdictOf(ca)).toBe("file_missing");
  expect(server.requests).toEqual([]);
});

test("addresses", async () => {
  const targets = [
    "127.0.0.1:80",
    "http://127.0.0.1/",
    "ws:127.0.0.1",
    "ws://",
    "ws://me:secret@127.0.0.1/",
    "ws://a b/",
    "ws://h:x/",
  ];
  for (const target of targets) {
    const result = await probe(target);
    expect([target, verdictOf(result)]).toEqual([target, "bad_request"]);
    expect(detailOf(result)).not.toContain("secret");
  }
});

test("options that do nothing are warned about, and contradictions are reported", () => {
  const { problems, warnings } = compile({
    http_config: {
      proxy_url: "http://proxy:3128",
      follow_redirects: true,
      enable_http2: true,
      basic_auth: { username: "a" },
      bearer_token: "b",
    },
    headers: { Upgrade: { values: ["x"] }, "x y": { values: ["x"] } },
    query_response: [{ expect: "a", expect_bytes: "b" }, { starttls: true }],
  });
  expect(problems).toEqual([
    "headers.Upgrade: got Upgrade, which the handshake sets, want another header",
    'headers.x y.values.0: got the header name "X y", want a name of letters, digits and hyphens',
    "http_config.bearer_token: got basic_auth and bearer_token, want at most one of them",
  ]);
  expect(warnings).toEqual([
    "http_config.proxy_url: is not used by the websocket prober",
    "query_response.0.expect_bytes: is not used by the websocket prober",
    "query_response.1.starttls: is not used by the websocket prober",
  ]);
});
