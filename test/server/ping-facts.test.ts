import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { factsOfBody, factsOfQuery, withoutFacts } from "../../src/server/ping-facts.ts";
import { manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";

const TOKEN = "shared-token-of-the-test";
const CONTROL = "control-token-of-the-test";
const YAML = `
control: { token_file: control }
heartbeats: [{ name: configured, hostname: db.example.com }]
heartbeat_registration: { token_file: shared, max: 100, timeout: 2m }
`;
const COUNTED = "; the ping counts, these facts do not\n";
const NONE = { hostname: null, owner: null, description: null, labels: {} };

describe("facts in pings", () => {
  const clock = manualClock();
  let exporter: LocalExporter;
  beforeAll(async () => {
    exporter = await startLocalExporter({
      yaml: YAML,
      probers: [],
      clock,
      files: { shared: TOKEN, control: CONTROL },
    });
  });
  afterAll(() => exporter[Symbol.asyncDispose]());

  const ping = async (path: string, body?: string, type = "application/json") => {
    const response = await fetch(`${exporter.url}/ping/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { Authorization: `Bearer ${TOKEN}`, ...(body === undefined ? {} : { "Content-Type": type }) },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, text: await response.text() };
  };
  const shown = async (name: string) =>
    (await (await fetch(`${exporter.url}/heartbeats/${name}`)).json()) as Record<string, unknown>;
  const factsOf = async (name: string) => {
    const { hostname, owner, description, labels } = await shown(name);
    return { hostname, owner, description, labels };
  };
  const output = async (name: string) => {
    const response = await fetch(`${exporter.url}/heartbeats/${name}/body`, {
      headers: { Authorization: `Bearer ${CONTROL}` },
    });
    return response.text();
  };

  let count = 0;
  const newName = (): string => `web-${(count += 1)}`;

  it.each<[string, readonly (readonly [query: string, body?: string, type?: string])[], object]>([
    ["none", [[""]], NONE],
    [
      "of the query",
      [
        [
          "?hostname=web-1.example.com&owner=web&description=Main+API+%C3%A9&labels.team=shop&labels.tier=front",
        ],
      ],
      {
        hostname: "web-1.example.com",
        owner: "web",
        description: "Main API é",
        labels: { team: "shop", tier: "front" },
      },
    ],
    [
      "of a query with a bare question mark",
      [["?description=why?&owner=a?b"]],
      { ...NONE, description: "why?", owner: "a?b" },
    ],
    [
      "of a JSON body",
      [["", '{"hostname": "h", "owner": "o", "description": "d", "labels": {"team": "shop"}}']],
      { hostname: "h", owner: "o", description: "d", labels: { team: "shop" } },
    ],
    [
      "of a JSON body with a charset and a byte order mark",
      [["", '\ufeff{"owner": "o"}', "Application/JSON; charset=utf-8"]],
      { ...NONE, owner: "o" },
    ],
    [
      "of both: the query takes precedence",
      [
        [
          "?owner=query&labels.a=query",
          '{"owner": "body", "hostname": "body", "labels": {"a": "body", "b": "body"}}',
        ],
      ],
      { ...NONE, owner: "query", hostname: "body", labels: { a: "query", b: "body" } },
    ],
    [
      "of several pings: absent ones stay, empty ones are removed",
      [
        ["?owner=a&hostname=h&labels.a=1&labels.b=2"],
        ["?owner=&labels.a="],
        ["/start", '{"labels": {"c": "3"}}'],
        ["/log?description=d"],
      ],
      { ...NONE, hostname: "h", description: "d", labels: { b: "2", c: "3" } },
    ],
    ["no text", [["", "hostname=h", "text/plain"]], NONE],
    ["no form", [["", "hostname=h", "application/x-www-form-urlencoded"]], NONE],
    ["no JSON without the type", [["", '{"hostname": "h"}', "text/plain"]], NONE],
    [
      "no JSON output",
      [
        ["", '{"status": "ok", "rows": 5}'],
        ["", "[1, 2]"],
        ["", "5"],
        ["", "null"],
        ["", ""],
      ],
      NONE,
    ],
    ["no other parameters", [["?_=1&create=1&labelled=x&owners=x"]], NONE],
  ])("are taken: %s", async (_name, pings, facts) => {
    const machine = newName();
    for (const [query, body, type] of pings) {
      expect(await ping(`${machine}${query}`, body, type)).toEqual({ status: 200, text: "OK" });
    }
    expect(await factsOf(machine)).toEqual(facts);
    const last = pings.at(-1)?.[1];
    if (last !== undefined && last !== "") expect(await output(machine)).toBe(last.replace("\ufeff", ""));
  });

  it.each<[string, string | undefined, string]>([
    [
      "?labels.my-team=x",
      undefined,
      'labels: got the name "my-team", want a label name: letters, digits and _, not starting with a digit',
    ],
    [
      "?hostname=a%0Ab&owner=new",
      undefined,
      'hostname: got "a\\nb", want one line of UTF-8 text without control characters',
    ],
    [
      "?description=B%FCro",
      undefined,
      'description: got "B\ufffdro", want one line of UTF-8 text without control characters',
    ],
    ["?owner=a&owner=b", undefined, 'query: got the parameter "owner" a second time, want it once'],
    ["?labels.a=a&labels.a=b", undefined, 'query: got the parameter "labels.a" a second time, want it once'],
    ["?label.team=x", undefined, 'query: got the parameter "label.team", want labels.NAME=VALUE'],
    ["?labels[team]=x", undefined, 'query: got the parameter "labels[team]", want labels.NAME=VALUE'],
    [
      "?labels.=x",
      undefined,
      'labels: got the name "", want a label name: letters, digits and _, not starting with a digit',
    ],
    [
      "",
      '{"owner": "new"',
      "body: got invalid JSON, want a JSON object, or another Content-Type for the output of a run",
    ],
    [
      "",
      '{"owner": "new", "refused": "x"}',
      'body: got the key "refused", want hostname, owner, description or labels',
    ],
    ["", '{"Hostname": "new"}', 'body: got the key "Hostname", want hostname, owner, description or labels'],
    ["", '{"labels": "new"}', 'labels: got "new", want an object of texts'],
    [
      "?labels.job=x",
      '{"rows": 5}',
      'labels: got the reserved name "job", want another name than heartbeat, source, kind, hostname, owner, target, module, instance, job, and none that starts with __',
    ],
  ])("%s with the body %s are refused, and the ping counts", async (query, body, problem) => {
    const machine = newName();
    expect(await ping(`${machine}${query}`, body)).toEqual({
      status: 400,
      text: `/ping: ${problem}${COUNTED}`,
    });
    expect(await shown(machine)).toMatchObject({ ...NONE, status: "online", pings: { success: 1 } });
  });

  it("need the token", async () => {
    const machine = newName();
    await ping(`${machine}?owner=right`);
    const response = await fetch(`${exporter.url}/ping/${machine}?owner=wrong`);
    expect([response.status, (await factsOf(machine))["owner"]]).toEqual([401, "right"]);
  });

  it("of a configured heartbeat are ignored, which is logged once", async () => {
    for (const [query, body] of [
      ["?hostname=x&labels.a=b"],
      ["?labels.my-team=x"],
      ["", '{"hostname": "x"}'],
      ["", "{"],
    ] as const)
      expect(await ping(`configured${query}`, body)).toEqual({ status: 200, text: "OK" });
    expect(await factsOf("configured")).toEqual({ ...NONE, hostname: "db.example.com" });
    const lines = exporter.logged.filter(({ message }) => message.includes("ignored"));
    expect(lines).toEqual([
      {
        level: "info",
        message: "Machine 1 (configured) is configured, so the facts in its pings are ignored",
        fields: { heartbeat: "configured" },
      },
    ]);
  });

  it("appear in heartbeat_info, which has one series for each heartbeat also after a change", async () => {
    const machine = newName();
    await ping(`${machine}?hostname=h&labels.team=old`);
    const info = async () => {
      const page = await (await fetch(`${exporter.url}/metrics?collect[]=heartbeats`)).text();
      return page.split("\n").filter((line) => line.startsWith(`heartbeat_info{heartbeat="${machine}"`));
    };
    expect(await info()).toEqual([
      `heartbeat_info{heartbeat="${machine}",source="push",kind="machine",hostname="h",owner="",group="",team="old"} 1`,
    ]);
    await ping(machine, JSON.stringify({ owner: 'a "b" \\c', labels: { team: "new" } }));
    expect(await info()).toEqual([
      `heartbeat_info{heartbeat="${machine}",source="push",kind="machine",hostname="h",owner="a \\"b\\" \\\\c",group="",team="new"} 1`,
    ]);
  });

  /** Sends the beginning of a ping with a JSON body, whose rest the test sends later. */
  const slowPing = async (path: string, body: string) => {
    const socket = connect(Number(new URL(exporter.url).port), "127.0.0.1");
    await once(socket, "connect");
    const head = [
      `POST /ping/${path} HTTP/1.1`,
      "Host: x",
      "Connection: close",
      `Authorization: Bearer ${TOKEN}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body.slice(0, 5)}`);
    return { rest: () => void socket.write(body.slice(5)), answer: text(socket) };
  };
  const counted = (name: string) =>
    waitUntil("the ping", async () => ((await shown(name))["status"] === "unknown" ? undefined : true));

  it("do not delay a success that announces nothing", async () => {
    const machine = newName();
    await ping(`${machine}/log`);
    const { rest, answer } = await slowPing(machine, '{"owner": "late"}');
    await counted(machine);
    expect(await factsOf(machine)).toEqual(NONE);
    rest();
    expect(await answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await factsOf(machine)).toEqual({ ...NONE, owner: "late" });
  });

  it("are known when a failure is announced, unless they take longer than a second", async () => {
    const [prompt, slow] = [newName(), newName()];
    for (const machine of [prompt, slow]) await ping(`${machine}/log`);
    const first = await slowPing(`${prompt}/fail`, '{"owner": "prompt"}');
    const second = await slowPing(`${slow}/fail`, '{"owner": "late"}');
    first.rest();
    expect(await first.answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await shown(prompt)).toMatchObject({ owner: "prompt", status: "offline" });
    // The other ping still waits for its body.
    expect(await shown(slow)).toMatchObject({ owner: null, status: "unknown" });
    clock.advance(seconds(1));
    await counted(slow);
    expect(await shown(slow)).toMatchObject({ owner: null, status: "offline", cause: "fail" });
    second.rest();
    expect(await second.answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await shown(slow)).toMatchObject({ owner: "late" });
  });

  it("are known when it is announced that the heartbeat came back", async () => {
    const machine = newName();
    await ping(`${machine}/fail?owner=old`);
    const { rest, answer } = await slowPing(machine, '{"owner": "new"}');
    await ping(`${newName()}/log`);
    expect(await shown(machine)).toMatchObject({ owner: "old", status: "offline" });
    rest();
    expect(await answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await shown(machine)).toMatchObject({ owner: "new", status: "online" });
  });

  it("never make the exporter fail, whatever the query and the body", async () => {
    const machine = newName();
    await ping(machine);
    const key = fc.constantFrom(
      "hostname",
      "owner",
      "labels.a",
      "labels.job",
      "label",
      "labels.__proto__",
      "__proto__",
    );
    const value = fc.string({ unit: "binary", maxLength: 300 });
    const query = fc.array(fc.tuple(fc.oneof(key, value), value), { maxLength: 5 });
    const body = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.record({ hostname: fc.jsonValue(), labels: fc.jsonValue() }).map((one) => JSON.stringify(one)),
    );
    await fc.assert(
      fc.asyncProperty(query, body, async (pairs, sent) => {
        const search = pairs
          .filter(([name]) => name !== "rid" && name !== "token")
          .map(
            ([name, one]) =>
              `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(one.toWellFormed())}`,
          )
          .join("&");
        const { status, text: answer } = await ping(`${machine}?${search}`, sent);
        if (status === 200) expect(answer).toBe("OK");
        else expect([status, answer.endsWith(COUNTED)]).toEqual([400, true]);
      }),
      { numRuns: 100 },
    );
    const page = await (await fetch(`${exporter.url}/metrics?collect[]=heartbeats`)).text();
    expect(valueOf(page, "heartbeat_up", { heartbeat: machine })).toBe(1);
  });
});

describe("the parts of a ping", () => {
  it("are read without an error, whatever they are, and the query takes precedence", () => {
    const fact = fc.constantFrom("hostname", "owner", "labels.a", "labels.toString", "x");
    const pairs = fc.array(fc.tuple(fc.oneof(fact, fc.string()), fc.string()));
    const labels = fc.oneof(
      fc.dictionary(fc.constantFrom("a", "toString", "b"), fc.string()),
      fc.jsonValue(),
    );
    const facts = fc.record({ hostname: fc.jsonValue(), labels }).map((one) => JSON.stringify(one));
    const bytes = fc.oneof(
      fc.uint8Array().map((one) => Buffer.from(one)),
      fc.oneof(fc.json(), facts).map((one) => Buffer.from(one)),
    );
    fc.assert(
      fc.property(pairs, bytes, (query, body) => {
        const params = new URLSearchParams(query);
        const rest = withoutFacts(factsOfBody(body), factsOfQuery(params));
        if (rest === undefined || "refused" in rest || "refused" in (factsOfQuery(params) ?? {})) return;
        const { labels: own, ...fields } = rest.facts;
        const names = typeof own === "object" && own !== null && !Array.isArray(own) ? Object.keys(own) : [];
        const known = new Set(params.keys());
        for (const one of Object.keys(fields))
          expect(known.has(one) && ["hostname", "owner", "description"].includes(one)).toBe(false);
        for (const one of names) expect(known.has(`labels.${one}`)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
