import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { encodeHealthCheck } from "../../../src/probers/grpc/health-messages.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { type HealthRequest, serverCredentials, startHealthServer } from "../../helpers/grpc-servers.ts";
import { detailOf, verdictOf } from "../../helpers/probing.ts";
import { compile, probe } from "./probe.ts";

const certificate = makeCertificate({ names: ["DNS:localhost", "DNS:inner.example", "IP:127.0.0.1"] });
const trust = { tls: true, tls_config: { ca: certificate.cert } };

/** Returns the requests that a real server receives while `run` runs. */
async function received(
  run: (port: number) => Promise<unknown>,
  secure = false,
): Promise<readonly HealthRequest[]> {
  const requests: HealthRequest[] = [];
  await using server = await startHealthServer(() => 1, {
    onRequest: (request) => requests.push(request),
    ...(secure ? { credentials: serverCredentials(certificate) } : {}),
  });
  await run(server.port);
  return requests;
}

test("a request is the one of another client of gRPC, except for its name", async () => {
  const name = "shop.Örders/".repeat(20);
  const ours = await received((port) =>
    probe(`127.0.0.1:${port}`, { service: name, metadata: { "X-A": ["1", "2"] } }),
  );
  const theirs = await received(
    (port) =>
      new Promise((resolve, reject) => {
        const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
        const metadata = new Metadata();
        metadata.add("x-a", "1");
        metadata.add("x-a", "2");
        client.makeUnaryRequest(
          "/grpc.health.v1.Health/Check",
          (text: string) => encodeHealthCheck(text),
          (bytes: Buffer) => bytes,
          name,
          metadata,
          (error, value) => {
            client.close();
            if (error === null) resolve(value);
            else reject(error);
          },
        );
      }),
  );
  const facts = (requests: readonly HealthRequest[]): unknown =>
    requests.map(({ service, metadata, host }) => ({
      service,
      host: host.replace(/\d+$/, ""),
      metadata: { ...metadata, "user-agent": "", "accept-encoding": "", "grpc-accept-encoding": "" },
    }));
  expect(facts(ours)).toEqual(facts(theirs));
  expect(ours[0]?.metadata["user-agent"]).toMatch(/^heartbeat-exporter/);
  expect(ours[0]?.service).toBe(name);
});

test("the authority is host and port, and over TLS the server name", async () => {
  const hosts = async (
    address: (port: number) => string,
    options: object,
    secure: boolean,
  ): Promise<string[]> => {
    const requests = await received((port) => probe(address(port), options), secure);
    return requests.map(({ host }) => host);
  };
  expect(await hosts((port) => `http://127.0.0.1:${port}/path`, {}, false)).toEqual([
    expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  ]);
  expect(await hosts((port) => `localhost:${port}`, trust, true)).toEqual(["localhost"]);
  const named = { tls: true, tls_config: { ca: certificate.cert, server_name: "inner.example" } };
  expect(await hosts((port) => `127.0.0.1:${port}`, named, true)).toEqual(["inner.example"]);
});

test("metadata is sent, binary metadata in base64, and several values of a name", async () => {
  const [request] = await received((port) =>
    probe(`127.0.0.1:${port}`, {
      metadata: { Authorization: ["Bearer one"], "X-A": ["one", "two"], "Trace-Bin": ["\u0001é"] },
    }),
  );
  expect(request?.metadata["authorization"]).toBe("Bearer one");
  expect(request?.metadata["x-a"]).toBe("one, two");
  expect(request?.metadata["trace-bin"]).toEqual(Buffer.from("\u0001é"));
});

test("metadata that cannot be sent is reported without its value", () => {
  const { problems } = compile({
    metadata: {
      "grpc-timeout": ["1S"],
      TE: ["trailers"],
      "a b": ["secret"],
      "x-line": ["one\nsecret"],
      "x-text": ["sécret"],
      fine: ["yes"],
      authorization: ["secret", "secret"],
    },
  });
  expect(problems).toEqual([
    "metadata.grpc-timeout: got the reserved name grpc-timeout, want another name",
    "metadata.TE: got the reserved name TE, want another name",
    'metadata.a b: got the name "a b", want a name of letters, digits, _, - and .',
    "metadata.x-line.0: got a value with other characters, want printable ASCII, or a name that ends in -bin",
    "metadata.x-text.0: got a value with other characters, want printable ASCII, or a name that ends in -bin",
    "metadata.authorization: got 2 values of authorization, want one value",
  ]);
});

test("no output contains metadata, also if the server repeats it", async () => {
  const lines: unknown[] = [];
  await using server = await startHealthServer(() => ({ code: 16, details: "no" }));
  const result = await probe(
    `127.0.0.1:${server.port}`,
    { metadata: { authorization: ["Bearer hidden"] } },
    { log: (...line) => lines.push(line) },
  );
  expect([verdictOf(result), detailOf(result)]).toEqual([
    "grpc_status",
    "the server answered UNAUTHENTICATED (16): no",
  ]);
  expect(JSON.stringify([lines, result])).not.toContain("hidden");
  expect(lines.map((line) => (line as string[])[0])).toEqual(["resolved", "connected", "answer"]);
});
