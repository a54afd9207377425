import { describe, expect, test } from "vitest";
import { tcpProber } from "../../../src/probers/tcp/prober.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { serveConduct, serveSecurely } from "../../helpers/line-servers.ts";
import { tcp } from "../query-response/probing.ts";

describe("options", () => {
  test("contradict each other", () => {
    const { problems, warnings } = tcp.compile({
      source_ip_address: "eth0",
      allowed_targets: ["example.com", "/run/app.sock"],
      query_response: [
        { expect: "a", expect_bytes: "b" },
        { labels: [{ name: "a", value: "b" }] },
        { expect: "a", labels: [{ name: "" }, { name: "__a" }, { name: "a-b" }, { name: "a_b" }] },
      ],
    });
    const LABEL = "want a label name that does not begin with __, each once";
    expect(problems).toEqual([
      expect.stringMatching(/^allowed_targets\.1: got \/run\/app\.sock, want a host name/),
      'source_ip_address: got "eth0", want an IP address of this machine',
      "query_response.0.expect_bytes: got expect and expect_bytes, want at most one of them",
      `query_response.2.labels.0.name: got "", ${LABEL}`,
      `query_response.2.labels.1.name: got "__a", ${LABEL}`,
      `query_response.2.labels.3.name: got "a_b", ${LABEL}`,
    ]);
    expect(warnings).toEqual(["query_response.1.labels: has no effect without expect"]);
  });
});

describe("a configured target", () => {
  const { module } = tcp.compile({});

  test.each(["db.example.com:5432", "[::1]:22", "127.0.0.1:ssh", "[fe80::1%eth0]:22"])(
    "may be %s",
    (address) => {
      expect(tcpProber.objection({ address, configured: true })).toBeUndefined();
    },
  );

  test.each(["db.example.com", "tcp://db.example.com:1", "::1:22", ":22", "host:", "host:70000", "host:-1"])(
    "must not be %s",
    (address) => {
      expect(tcpProber.objection({ address, configured: true })).toMatchObject({ part: "target" });
      // As in blackbox_exporter, such a `?target=` is a failed probe.
      expect(tcpProber.objection({ address, configured: false })).toBeUndefined();
    },
  );

  test("is probed although allowed_targets does not list it", async () => {
    expect(module.steps).toEqual([]);
    await using server = await serveConduct((socket) => void socket.end());
    const options = { allowed_targets: ["192.0.2.1"] };
    expect((await tcp.probe(server.address, options)).verdict).toMatch(/^forbidden_target: /);
    expect((await tcp.probe(server.address, options, { configured: true })).verdict).toBe("success");
  });
});

describe("phases", () => {
  test("are those that the probe reached", async () => {
    await using plain = await serveConduct((socket) => void socket.end("hello\n"));
    await using secure = await serveSecurely(makeCertificate(), (socket) => void socket.end("hello\n"));
    const phases = async (address: string, options: object) =>
      Object.keys((await tcp.probe(address, options)).result.phases ?? {});
    const steps = { query_response: [{ expect: "hello" }] };
    const unverified = { tls: true, tls_config: { insecure_skip_verify: true } };
    expect(await phases(plain.address, {})).toEqual(["resolve", "connect"]);
    expect(await phases(plain.address, steps)).toEqual(["resolve", "connect", "processing"]);
    expect(await phases(secure.address, { ...unverified, ...steps })).toEqual([
      "resolve",
      "connect",
      "tls",
      "processing",
    ]);
    expect(await phases("127.0.0.1:1", {})).toEqual(["resolve"]);
    expect(await phases("nothing", {})).toEqual([]);
  });
});

test("the log tells an operator what happened, without what was sent", async () => {
  await using server = await serveConduct((socket) => void socket.end("220 mail ready\r\n"));
  const { log } = await tcp.probe(server.address, {
    query_response: [{ expect: "^220", send: "LOGIN secret12" }],
  });
  expect(log.map((line) => line.replace(/"seconds":[^,}]+/, '"seconds":0'))).toEqual([
    'resolved {"address":"127.0.0.1","seconds":0}',
    'connected {"seconds":0}',
    'matched {"step":1,"expect":"^220","line":"220 mail ready"}',
    'sent {"step":1,"bytes":15}',
  ]);
});
