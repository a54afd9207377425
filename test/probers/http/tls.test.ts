import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { distinguishedNames } from "../../../src/probers/distinguished-name.ts";
import { dnsNames } from "../../../src/probers/tls-facts.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { serveHttp, serveHttp2, serveHttps, serveServer, serveTcp } from "../../helpers/http-targets.ts";
import { temporaryFile } from "./files.ts";
import { compile, detailOf, exposed, moduleOf, probe, valueIn, verdictOf } from "./probe.ts";

const now = Math.floor(Date.now() / 1000) * 1000;
const inDays = (days: number): Date => new Date(now + days * 86_400_000);
const unix = (date: Date): number => date.getTime() / 1000;

const root = makeCertificate({ subject: [["CN", "root"]], authority: true, notAfter: inDays(300) });
const between = makeCertificate({
  subject: [["CN", "between"]],
  authority: true,
  notAfter: inDays(200),
  issuer: root,
});
const names = ["DNS:localhost", "DNS:www.example.com", "DNS:*.wild.example", "IP:127.0.0.1"];
const leaf = makeCertificate({ subject: [["CN", "leaf"]], names, notAfter: inDays(100), issuer: between });
const chain = { cert: leaf.cert + between.cert, key: leaf.key };
const selfSigned = makeCertificate({ subject: [["CN", "alone"]], names, notAfter: inDays(50) });
const expired = makeCertificate({ names, notBefore: inDays(-20), notAfter: inDays(-10), issuer: root });

const hello = (_: unknown, response: { end(body: string): unknown }): void => {
  response.end("hello");
};
const trustRoot = { tls_config: { ca: root.cert } };

test("a valid chain: every series", async () => {
  await using server = await serveHttps(chain, hello);
  const result = await probe(`https://${server.host}`, { ...trustRoot, enable_http2: false });
  expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
  expect(valueIn(result, "probe_http_ssl")).toBe(1);
  expect(valueIn(result, "probe_http_version")).toBe(1.1);
  expect(valueIn(result, "probe_ssl_earliest_cert_expiry")).toBe(unix(inDays(100)));
  expect(valueIn(result, "probe_ssl_last_chain_expiry_timestamp_seconds")).toBe(unix(inDays(100)));
  expect(valueIn(result, 'probe_tls_version_info{version="TLS 1.3"}')).toBe(1);
  expect([...exposed(result).keys()].find((series) => series.startsWith("probe_tls_cipher_info"))).toMatch(
    /cipher="TLS_AES_|cipher="TLS_CHACHA20_/,
  );
  const certificate = new X509Certificate(leaf.cert);
  const labels = [
    `fingerprint_sha256="${certificate.fingerprint256.replaceAll(":", "").toLowerCase()}"`,
    'subject="CN=leaf"',
    'issuer="CN=between"',
    'subjectalternative="localhost,www.example.com,*.wild.example"',
    `serialnumber="${certificate.serialNumber.toLowerCase()}"`,
  ];
  expect(valueIn(result, `probe_ssl_last_chain_info{${labels.join(",")}}`)).toBe(1);
  for (const phase of ["connect", "tls", "processing", "transfer"]) {
    expect(valueIn(result, `probe_http_duration_seconds{phase="${phase}"}`)).toBeGreaterThan(0);
  }
});

test.each([
  ["an unknown authority", selfSigned, {}, "not valid", 50],
  ["an expired certificate", expired, trustRoot, "CERT_HAS_EXPIRED", -10],
  [
    "another name",
    chain,
    { tls_config: { ca: root.cert, server_name: "other.example" } },
    "not for other.example",
    100,
  ],
  [
    "a subdomain of two labels under a wildcard",
    chain,
    { tls_config: { ca: root.cert, server_name: "a.b.wild.example" } },
    "not for",
    100,
  ],
])("%s: certificate, with its expiry", async (_, served, options, text, days) => {
  await using server = await serveHttps(served, hello);
  const result = await probe(`https://${server.host}`, options);
  expect(verdictOf(result)).toBe("certificate");
  expect(detailOf(result)).toContain(text);
  expect(valueIn(result, "probe_ssl_earliest_cert_expiry")).toBe(unix(inDays(days)));
  expect(valueIn(result, "probe_ssl_last_chain_expiry_timestamp_seconds")).toBeUndefined();
  expect(valueIn(result, "probe_http_ssl")).toBe(0);
  expect(valueIn(result, "probe_http_status_code")).toBe(0);
  for (const phase of ["connect", "tls", "processing", "transfer"]) {
    expect(valueIn(result, `probe_http_duration_seconds{phase="${phase}"}`)).toBe(0);
  }
});

test("sends no request to a server with an invalid certificate", async () => {
  let requests = 0;
  await using server = await serveHttps(selfSigned, (_, response) => {
    requests += 1;
    response.end();
  });
  expect(verdictOf(await probe(`https://${server.host}`))).toBe("certificate");
  expect(requests).toBe(0);
});

test("insecure_skip_verify accepts any certificate, and the chain's expiry is Go's zero time", async () => {
  await using server = await serveHttps(expired, hello);
  const result = await probe(`https://${server.host}`, { tls_config: { insecure_skip_verify: true } });
  expect(verdictOf(result)).toBe("success");
  expect(valueIn(result, "probe_ssl_earliest_cert_expiry")).toBe(unix(inDays(-10)));
  expect(valueIn(result, "probe_ssl_last_chain_expiry_timestamp_seconds")).toBe(-62_135_596_800);
});

describe("trust", () => {
  test.each([
    ["the leaf itself", leaf.cert, 100],
    ["the certificate in between", between.cert, 100],
    ["a self-signed one", selfSigned.cert, 50],
  ])("%s may be trusted directly", async (_, ca, days) => {
    await using server = await serveHttps(ca === selfSigned.cert ? selfSigned : chain, hello);
    const result = await probe(`https://${server.host}`, { tls_config: { ca } });
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(valueIn(result, "probe_ssl_last_chain_expiry_timestamp_seconds")).toBe(unix(inDays(days)));
  });

  test("exports the expiry of the chain that expires last, not of a cross-signed one that expires earlier", async () => {
    const oldRoot = makeCertificate({ subject: [["CN", "old root"]], authority: true, notAfter: inDays(5) });
    const crossed = makeCertificate({
      subject: [["CN", "root"]],
      authority: true,
      notAfter: inDays(3),
      issuer: oldRoot,
      key: root.key,
    });
    await using server = await serveHttps({ cert: chain.cert + crossed.cert, key: chain.key }, hello);
    const result = await probe(`https://${server.host}`, { tls_config: { ca: root.cert + oldRoot.cert } });
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(valueIn(result, "probe_ssl_earliest_cert_expiry")).toBe(unix(inDays(3)));
    expect(valueIn(result, "probe_ssl_last_chain_expiry_timestamp_seconds")).toBe(unix(inDays(100)));
  });

  test.each([["first"], ["last"]])(
    "of two trusted certificates with one key the later end counts, listed %s",
    async (where) => {
      const short = makeCertificate({
        subject: [["CN", "root"]],
        authority: true,
        notAfter: inDays(20),
        key: root.key,
      });
      await using server = await serveHttps(chain, hello);
      const ca = where === "first" ? root.cert + short.cert : short.cert + root.cert;
      const result = await probe(`https://${server.host}`, { tls_config: { ca } });
      expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
      expect(valueIn(result, "probe_ssl_last_chain_expiry_timestamp_seconds")).toBe(unix(inDays(100)));
    },
  );

  test("ignores the common name", async () => {
    const legacy = makeCertificate({ subject: [["CN", "localhost"]] });
    await using server = await serveHttps(legacy, hello);
    const options = { tls_config: { ca: legacy.cert }, preferred_ip_protocol: "ip4" };
    const result = await probe(`https://localhost:${server.port}`, options);
    expect(verdictOf(result)).toBe("certificate");
    expect(detailOf(result)).toContain("a common name does not count");
  });
});

describe("files", () => {
  test("reads ca_file again after a change", async () => {
    const file = temporaryFile(selfSigned.cert);
    await using server = await serveHttps(chain, hello);
    const { module } = compile({ tls_config: { ca_file: file } });
    expect(verdictOf(await probe(`https://${server.host}`, module))).toBe("certificate");
    writeFileSync(file, root.cert);
    expect(verdictOf(await probe(`https://${server.host}`, module))).toBe("success");
  });

  test.each([
    ["a missing ca_file", { ca_file: "/nowhere/ca.pem" }, "file_missing", "/nowhere/ca.pem"],
    ["a ca without certificates", { ca: "nothing" }, "tls", "no certificate"],
    ["a key of another certificate", { cert: leaf.cert, key: root.key }, "tls", "unusable"],
  ])("%s fails before the request, even without TLS", async (_, tls_config, reason, text) => {
    await using server = await serveHttp(hello);
    const result = await probe(server.host, { tls_config });
    expect(verdictOf(result)).toBe(reason);
    expect(detailOf(result)).toContain(text);
    expect(valueIn(result, 'probe_http_duration_seconds{phase="connect"}')).toBeUndefined();
    expect(valueIn(result, 'probe_http_duration_seconds{phase="resolve"}')).toBeDefined();
  });

  test("warns about a missing file when the configuration is loaded", () => {
    expect(compile({ tls_config: { ca_file: "/nowhere/ca.pem" } }).warnings).toEqual([
      "tls_config.ca_file: /nowhere/ca.pem does not exist yet",
    ]);
  });
});

test("sends a client certificate; without it: tls", async () => {
  const client = makeCertificate({ subject: [["CN", "client"]], issuer: root });
  let shown: unknown;
  await using server = await serveHttps(
    { ...chain, ca: root.cert, requestCert: true },
    (request, response) => {
      shown = (request.socket as TLSSocket).getPeerCertificate().subject.CN;
      response.end();
    },
  );
  const tls_config = { ca: root.cert, cert: client.cert, key_file: temporaryFile(client.key) };
  const result = await probe(`https://${server.host}`, { tls_config, enable_http2: false });
  expect([verdictOf(result), shown]).toEqual(["success", "client"]);
  expect(valueIn(result, "probe_tls_client_certificate_expiry_timestamp_seconds")).toBe(
    new X509Certificate(client.cert).validToDate.getTime() / 1000,
  );
  const without = await probe(`https://${server.host}`, { ...trustRoot, enable_http2: false });
  expect(verdictOf(without)).toBe("tls");
});

describe("server name", () => {
  const sniOf = async (options: Record<string, unknown>, hostname?: string): Promise<unknown> => {
    let sni: unknown;
    await using server = await serveHttps(chain, (request, response) => {
      sni = (request.socket as TLSSocket & { servername: unknown }).servername;
      response.end();
    });
    const target = `https://localhost:${server.port}`;
    const settings = hostname === undefined ? {} : { hostname };
    const all = { enable_http2: false, preferred_ip_protocol: "ip4", ...options };
    const result = await probe(target, all, settings);
    return [sni, verdictOf(result)];
  };

  test.each([
    ["the target's host", {}, undefined, "localhost"],
    ["the Host header", { headers: { HOST: "www.example.com:8443" } }, undefined, "www.example.com"],
    ["?hostname=", {}, "a.wild.example", "a.wild.example"],
    [
      "server_name before the Host header",
      { headers: { Host: "www.example.com" }, tls_config: { ca: root.cert, server_name: "b.wild.example" } },
      undefined,
      "b.wild.example",
    ],
  ])("is %s", async (_, options, hostname, sni) => {
    expect(await sniOf({ ...trustRoot, ...options }, hostname)).toEqual([sni, "success"]);
  });

  test("?hostname= that contradicts the module's Host header is refused", async () => {
    const result = await probe("https://127.0.0.1:1", { headers: { Host: "a" } }, { hostname: "b" });
    expect(verdictOf(result)).toBe("bad_request");
  });

  test("does not apply to another host after a redirect", async () => {
    await using other = await serveHttps(chain, hello);
    await using server = await serveHttps(chain, (_, response) => {
      response.writeHead(302, { Location: `https://localhost:${other.port}/` }).end();
    });
    const tls_config = { ca: root.cert, server_name: "www.example.com" };
    expect(verdictOf(await probe(`https://${server.host}`, { tls_config }))).toBe("success");
  });
});

describe("versions", () => {
  test("TLS 1.2 is reported with Go's names", async () => {
    await using server = await serveHttps({ ...chain, maxVersion: "TLSv1.2" }, hello);
    const result = await probe(`https://${server.host}`, trustRoot);
    expect(valueIn(result, 'probe_tls_version_info{version="TLS 1.2"}')).toBe(1);
    const cipher = [...exposed(result).keys()].find((series) => series.startsWith("probe_tls_cipher_info"));
    expect(cipher).toMatch(/cipher="TLS_ECDHE_ECDSA_WITH_/);
  });

  test("TLS 1.1 has to be configured", async () => {
    const options = {
      ...chain,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT:@SECLEVEL=0",
    } as const;
    await using server = await serveHttps(options, hello);
    expect(verdictOf(await probe(`https://${server.host}`, trustRoot))).toBe("tls");
    const tls_config = { ca: root.cert, min_version: "TLS10" };
    const result = await probe(`https://${server.host}`, { tls_config });
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(valueIn(result, 'probe_tls_version_info{version="TLS 1.1"}')).toBe(1);
  });

  test("max_version below the server's minimum: tls", async () => {
    await using server = await serveHttps({ ...chain, minVersion: "TLSv1.3" }, hello);
    const result = await probe(`https://${server.host}`, {
      tls_config: { ca: root.cert, max_version: "TLS12" },
    });
    expect(verdictOf(result)).toBe("tls");
    expect(valueIn(result, "probe_ssl_earliest_cert_expiry")).toBeUndefined();
  });

  test("a server without TLS: tls", async () => {
    await using server = await serveHttp(hello);
    const result = await probe(`https://${server.host}`);
    expect(verdictOf(result)).toBe("tls");
  });
});

describe("key exchange", () => {
  /** Serves TLS through a relay that records the length of each ClientHello: a share of ML-KEM has 1184 bytes. */
  async function serveGroups(group: string) {
    const server = await serveHttps({ ...chain, ecdhCurve: group }, hello);
    const hellos: number[] = [];
    const relay = await serveTcp((socket) => {
      const upstream = connect(server.port, "127.0.0.1");
      upstream.on("error", () => socket.destroy());
      socket.once("data", (first: Buffer) => hellos.push(5 + first.readUInt16BE(3)));
      socket.pipe(upstream).pipe(socket);
    });
    return {
      host: relay.host,
      hellos,
      async [Symbol.asyncDispose]() {
        await relay[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  test.each([
    ["X25519MLKEM768", "X25519MLKEM768"],
    ["X25519", "X25519"],
    ["prime256v1", "P-256"],
    ["P-521", "P-521"],
  ])("a server with %s alone: probe_tls_group_info", async (curve, group) => {
    await using server = await serveGroups(curve);
    const result = await probe(`https://${server.host}`, trustRoot);
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(valueIn(result, `probe_tls_group_info{group="${group}"}`)).toBe(1);
  });

  test("the second handshake sends the share that the server chose", async () => {
    await using server = await serveGroups("X25519:prime256v1");
    const module = moduleOf(trustRoot);
    for (let i = 0; i < 3; i += 1)
      expect(verdictOf(await probe(`https://${server.host}`, module))).toBe("success");
    const [first = 0, second = 0, third] = server.hellos;
    expect(first - second).toBeGreaterThan(1184);
    expect(third).toBe(second);
  });

  test("a server that wants another group later gets all shares from then on", async () => {
    const secrets = { key: chain.key, cert: chain.cert };
    const server = createTlsServer({ ...secrets, ecdhCurve: "X25519" }, (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    });
    await using served = await serveServer(server);
    const module = moduleOf(trustRoot);
    const groupOf = async () => {
      const result = await probe(`https://${served.host}`, module);
      const info = [...exposed(result).keys()].find((series) => series.startsWith("probe_tls_group_info"));
      return `${verdictOf(result)} ${info}`;
    };
    expect(await groupOf()).toContain('success probe_tls_group_info{group="X25519"}');
    server.setSecureContext({ ...secrets, ecdhCurve: "X25519MLKEM768" });
    for (let i = 0; i < 2; i += 1)
      expect(await groupOf()).toContain('success probe_tls_group_info{group="X25519MLKEM768"}');
  });

  test("tls_config.groups are the only ones offered", async () => {
    await using server = await serveGroups("X25519");
    const result = await probe(`https://${server.host}`, {
      tls_config: { ca: root.cert, groups: ["P-256", "P-384"] },
    });
    expect(verdictOf(result)).toBe("tls");
  });
});

test("fail_if_ssl is judged last", async () => {
  await using server = await serveHttps(chain, hello);
  const result = await probe(`https://${server.host}`, { ...trustRoot, fail_if_ssl: true });
  expect(verdictOf(result)).toBe("tls");
  expect(valueIn(result, "probe_http_status_code")).toBe(200);
  expect(verdictOf(await probe(`https://${server.host}`, { ...trustRoot, fail_if_not_ssl: true }))).toBe(
    "success",
  );
});

describe("HTTP/2", () => {
  test("is used if the server supports it", async () => {
    let seen: unknown;
    await using server = await serveHttp2(chain, (request, response) => {
      seen = [
        request.method,
        request.url,
        request.authority,
        request.headers["x-a"],
        request.headers.connection,
      ];
      response.writeHead(200, {
        "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT",
        "Set-Cookie": ["a=1", "b=2"],
      });
      response.end("hello");
    });
    const options = {
      ...trustRoot,
      headers: { "X-A": "1", Connection: "close" },
      valid_http_versions: ["HTTP/2.0"],
      fail_if_body_not_matches_regexp: ["^hello$"],
      fail_if_header_not_matches: [{ header: "Set-Cookie", regexp: "^b=2" }],
    };
    const result = await probe(`https://${server.host}/x?y`, options);
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(seen).toEqual(["GET", "/x?y", server.host, "1", undefined]);
    expect(valueIn(result, "probe_http_version")).toBe(2);
    expect(valueIn(result, "probe_http_content_length")).toBe(-1);
    expect(valueIn(result, "probe_http_last_modified_timestamp_seconds")).toBe(1_136_214_245);
    expect(server.sockets.size).toBeLessThanOrEqual(1);
  });

  test("sends bodies", async () => {
    let body = "";
    await using server = await serveHttp2(chain, (request, response) => {
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => response.end());
    });
    const result = await probe(`https://${server.host}`, { ...trustRoot, method: "POST", body: "data" });
    expect([verdictOf(result), body]).toEqual(["success", "data"]);
    expect(valueIn(result, "probe_http_content_length")).toBe(0);
  });

  test("is not offered if it is disabled", async () => {
    await using server = await serveHttp2({ ...chain, allowHTTP1: true }, hello);
    const result = await probe(`https://${server.host}`, { ...trustRoot, enable_http2: false });
    expect([verdictOf(result), valueIn(result, "probe_http_version")]).toEqual(["success", 1.1]);
  });

  test("a stream that is reset: network", async () => {
    await using server = await serveHttp2(chain, (request) => request.stream.close(2));
    const result = await probe(`https://${server.host}`, trustRoot);
    expect(verdictOf(result)).toBe("network");
  });
});

describe("labels", () => {
  const namesOf = (subject: readonly (readonly [string, string])[]) =>
    distinguishedNames(new X509Certificate(makeCertificate({ subject }).cert).raw).subject;

  // The right column is the output of Go 1.26 for the same certificate.
  test.each([
    [
      [
        ["C", "DE"],
        ["O", "A"],
        ["CN", "x"],
      ],
      "CN=x,O=A,C=DE",
    ],
    [
      [
        ["OU", "one"],
        ["CN", "x"],
        ["OU", "two"],
      ],
      "CN=x,OU=one+OU=two",
    ],
    [
      [
        ["O", 'A, B "C" + <d>; e\\'],
        ["CN", " x "],
      ],
      'CN=\\ x\\ ,O=A\\, B \\"C\\" \\+ \\<d\\>\\; e\\\\',
    ],
    [[["CN", "#x"]], "CN=\\#x"],
    [
      [
        ["CN", "x"],
        ["emailAddress", "a@b.c"],
      ],
      "CN=x,1.2.840.113549.1.9.1=a@b.c",
    ],
    [
      [
        ["2.5.4.12", "Chief"],
        ["CN", "x"],
        ["2.5.4.4", "Sur"],
      ],
      "CN=x,2.5.4.4=Sur,2.5.4.12=Chief",
    ],
    [
      [
        ["CN", "first"],
        ["CN", "last"],
      ],
      "CN=last",
    ],
    [[["CN", "Ünïcode"]], "CN=Ünïcode"],
    [
      [
        ["C", "c"],
        ["serialNumber", "7"],
        ["street", "s"],
        ["postalCode", "p"],
        ["ST", "st"],
        ["L", "l"],
        ["O", "o"],
        ["OU", "ou"],
      ],
      "SERIALNUMBER=7,OU=ou,O=o,POSTALCODE=p,STREET=s,L=l,ST=st,C=c",
    ],
  ] as const)("the subject of %j is %s", (subject, text) => {
    expect(namesOf(subject)).toBe(text);
  });

  test("alternative names may contain separators", () => {
    const certificate = makeCertificate({ names: ["DNS:a.example", "IP:10.0.0.1", 'DNS:b, DNS:"c'] });
    expect(dnsNames(new X509Certificate(certificate.cert))).toEqual(["a.example", 'b, DNS:"c']);
  });

  test("a serial number keeps its leading zero", async () => {
    const certificate = makeCertificate({ names, serial: Buffer.from([0x0a, 0xbc]) });
    await using server = await serveHttps(certificate, hello);
    const result = await probe(`https://${server.host}`);
    expect([...exposed(result).keys()].some((series) => series.includes('serialnumber="0abc"'))).toBe(true);
  });
});
