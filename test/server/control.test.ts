import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { httpProber } from "../../src/probers/http/prober.ts";
import { manualClock } from "../helpers/clock.ts";
import { startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { type Answer, placeOf, send } from "../helpers/listeners.ts";
import { waitUntil } from "../helpers/process.ts";

const CONTROL = "control: { token_file: control }";
const COMPONENTS = "components: { token_file: components }";
const FILES = { control: "control-token\n", components: "component-token\n", ping: "ping-token\n" };
const START = "/api/v1/maintenance?for=1h&heartbeat=web";
const REPORT = '{"status":"healthy"}';

/** Starts an exporter with these options, a heartbeat, and what a component has reported. */
async function started(...options: readonly string[]) {
  const clock = manualClock();
  const exporter = await startLocalExporter({
    yaml: `${options.join("\n")}
modules: { page: { prober: http } }
heartbeats: [{ name: web, token_file: ping }]
`,
    probers: [httpProber],
    files: FILES,
    clock,
  });
  onTestFinished(() => exporter[Symbol.asyncDispose]());
  const ask = (method: string, path: string, token?: string, body = ""): Promise<Answer> => {
    const headers = {
      "content-length": Buffer.byteLength(body),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    return send({ ...placeOf(exporter.url), method, path, headers }, body);
  };
  const metric = async (name: string, labels: Readonly<Record<string, string>>) =>
    valueOf(String((await ask("GET", "/metrics")).body), name, labels);
  return {
    exporter,
    clock,
    ask,
    /** The number of requests that were refused because of their credentials. */
    failures: (guard: string, credentials: string) =>
      metric("heartbeat_exporter_auth_failures_total", { guard, credentials }),
    /** The number of requests that were refused unchecked. */
    limited: () => metric("heartbeat_exporter_refused_requests_total", { reason: "control_rate" }),
    /** The requests that the audit log has, the newest first. */
    audit: async () => {
      const { control } = JSON.parse(String((await ask("GET", "/api/v1/operations")).body)) as {
        control: readonly object[];
      };
      return control;
    },
  };
}

const errorOf = ({ status, body }: Answer) => [status, (JSON.parse(String(body)) as { error: string }).error];

describe("the body of a control request", () => {
  const BODIES: readonly (readonly [body: string, got: string | undefined])[] = [
    ["", undefined],
    ["{}", undefined],
    [" { \n} \n", undefined],
    [" ".repeat(1024), undefined],
    ["[]", "2"],
    ['{"for":"1h"}', "12"],
    ["{}{}", "4"],
    ["x".repeat(1024), "1024"],
    [" ".repeat(1025), "more than 1024"],
  ];

  test.each([
    ["POST", START, "control-token", 201],
    ["DELETE", "/api/v1/components/x", "component-token", 204],
  ])("of a %s is none or an empty object", async (method, path, token, status) => {
    const { ask } = await started(CONTROL, COMPONENTS);
    for (const [body, got] of BODIES) {
      await ask("PUT", "/api/v1/components/x", "control-token", REPORT);
      const answer = await ask(method, path, token, body);
      const { connection, durable } = answer.headers;
      if (got === undefined) {
        expect([body, answer.status, connection, durable]).toEqual([body, status, "keep-alive", "false"]);
        continue;
      }
      const [name] = path.split("?");
      expect([...errorOf(answer), connection, durable]).toEqual([
        400,
        `body: got ${got} bytes, want none or {}: parameters of ${name} go into its path and query`,
        "close",
        undefined,
      ]);
    }
  });

  test.each([
    ["may be anything", "x".repeat(1024), 200, "keep-alive"],
    ["must not be long", "x".repeat(1025), 400, "close"],
  ])("of a reload %s", async (_, body, status, connection) => {
    const { ask } = await started();
    const answer = await ask("POST", "/-/reload", undefined, body);
    expect([answer.status, answer.headers.connection]).toEqual([status, connection]);
  });

  test("of a report is the component's own, and it is stored before the answer", async () => {
    const { ask } = await started(COMPONENTS);
    const answer = await ask("PUT", "/api/v1/components/x", "component-token", REPORT);
    expect([answer.status, answer.headers["durable"]]).toEqual([200, "false"]);
  });
});

describe("the audit log", () => {
  test("has the requests that had the right token and may have changed something", async () => {
    const { ask, audit } = await started(CONTROL, COMPONENTS);
    await ask("POST", START, "control-token");
    await ask("DELETE", "/api/v1/maintenance/none", "control-token");
    await ask("POST", "/-/reload");
    await ask("POST", START, "wrong");
    await ask("POST", START);
    for (const method of ["GET", "HEAD"])
      expect((await ask(method, "/heartbeats/web/body", "control-token")).status).toBe(404);
    await ask("PUT", "/api/v1/components/x", "component-token", REPORT);
    const about = { at: "2025-09-15T13:30:00Z", from: "127.0.0.1" };
    expect(await audit()).toEqual([
      { ...about, method: "POST", path: "/-/reload", status: 200 },
      { ...about, method: "DELETE", path: "/api/v1/maintenance/none", status: 404 },
      { ...about, method: "POST", path: START, status: 201 },
    ]);
  });

  test.each(["/-/reload", START])("does not have a request to %s that its client ended", async (path) => {
    const { exporter, ask, audit } = await started(CONTROL);
    const { hostname, port } = new URL(exporter.url);
    const socket = connect(Number(port), hostname);
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer control-token\r\n`;
    socket.write(`${head}Content-Length: 9\r\n\r\nx`);
    await new Promise((resolve) => socket.once("connect", resolve));
    // Some round trips later the exporter waits for the rest of the body.
    for (let i = 0; i < 5; i += 1) await ask("GET", "/-/healthy");
    socket.destroy();
    const isAborted = ({ message, fields }: { message: string; fields: object }): boolean =>
      message === "request" && "aborted" in fields;
    await waitUntil("the end of the request", () => exporter.logged.some(isAborted) || undefined);
    for (let i = 0; i < 5; i += 1) await ask("GET", "/-/healthy");
    expect(await audit()).toEqual([]);
  });
});

describe("a token", () => {
  test("opens control routes, and what is wrong with it is told and counted", async () => {
    const { ask, failures } = await started(CONTROL, COMPONENTS);
    const none = await ask("POST", START);
    expect(errorOf(none)).toEqual([401, 'Authorization: got no token, want "Bearer <control token>"']);
    const wrong = await ask("POST", START, "component-token");
    expect(errorOf(wrong)).toEqual([401, 'Authorization: got a wrong token, want "Bearer <control token>"']);
    for (const { headers } of [none, wrong])
      expect(headers["www-authenticate"]).toBe('Bearer realm="heartbeat-exporter"');
    expect((await ask("POST", START, "control-token")).status).toBe(201);
    expect([await failures("control", "missing"), await failures("control", "wrong")]).toEqual([1, 1]);
  });

  test.each([
    { options: [COMPONENTS], right: ["component-token"], want: "token of components" },
    { options: [CONTROL], right: ["control-token"], want: "control token" },
    {
      options: [CONTROL, COMPONENTS],
      right: ["component-token", "control-token"],
      want: "token of components",
    },
  ])("of $want opens routes of components with $options", async ({ options, right, want }) => {
    const { ask, failures } = await started(...options);
    const path = "/api/v1/components/x";
    for (const [method, body] of [
      ["PUT", REPORT],
      ["POST", REPORT],
      ["DELETE", undefined],
    ] as const) {
      for (const token of [undefined, "wrong"])
        expect(errorOf(await ask(method, path, token, body))).toEqual([
          401,
          `Authorization: got ${token === undefined ? "no" : "a wrong"} token, want "Bearer <${want}>"`,
        ]);
      for (const token of right) {
        await ask("PUT", path, token, REPORT);
        expect((await ask(method, path, token, body)).status).toBe(method === "DELETE" ? 204 : 200);
      }
    }
    expect([await failures("component", "missing"), await failures("component", "wrong")]).toEqual([3, 3]);
  });

  test("that is not configured turns its routes off, whatever is sent", async () => {
    const { ask, failures } = await started();
    for (const token of [undefined, "control-token"]) {
      expect(errorOf(await ask("POST", START, token))).toEqual([
        403,
        "control routes are off: set control.token_file in the configuration to turn them on",
      ]);
      expect(errorOf(await ask("PUT", "/api/v1/components/x", token, REPORT))).toEqual([
        403,
        "components cannot report: set components.token_file in the configuration, or control.token_file in the configuration",
      ]);
    }
    expect([await failures("control", "wrong"), await failures("control", "missing")]).toEqual([0, 0]);
  });

  test("of control can be guessed ten times, then once in six seconds", async () => {
    const { ask, clock, limited, failures } = await started(CONTROL);
    for (let i = 0; i < 10; i += 1) expect((await ask("POST", START, `guess-${i}`)).status).toBe(401);
    for (const token of ["guess", "control-token"]) {
      const answer = await ask("POST", START, token);
      expect(errorOf(answer)).toEqual([
        429,
        "Authorization: too many wrong control tokens came from this address",
      ]);
      expect(answer.headers["retry-after"]).toBe("6");
    }
    expect([await failures("control", "wrong"), await limited()]).toEqual([10, 2]);
    clock.advance(seconds(6));
    expect((await ask("POST", START, "control-token")).status).toBe(201);
  });

  test("of a component can be guessed without limit, as others may share the address", async () => {
    const { ask, limited } = await started(CONTROL, COMPONENTS);
    const path = "/api/v1/components/x";
    for (let i = 0; i < 15; i += 1) expect((await ask("PUT", path, `guess-${i}`, REPORT)).status).toBe(401);
    expect((await ask("PUT", path, "component-token", REPORT)).status).toBe(200);
    expect(await limited()).toBe(0);
  });
});
