import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Log } from "../../src/core/log.ts";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import type { PushHeartbeat, PushSetup, Registration } from "../../src/core/push-heartbeat.ts";
import { seconds } from "../../src/core/units.ts";
import { changeFacts, type HeartbeatFacts, NO_FACTS, readStoredFacts } from "../../src/heartbeats/facts.ts";
import { createRegister } from "../../src/heartbeats/register.ts";
import { manualClock } from "../helpers/clock.ts";

const BEFORE: HeartbeatFacts = { hostname: "web-1.example.com", owner: "web", labels: { tier: "front" } };
const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`label_${i}`, "x"]));

describe("facts that a ping tells", () => {
  it.each<[string, unknown, HeartbeatFacts]>([
    ["nothing leaves all as they are", {}, BEFORE],
    ["null leaves a fact as it is", { hostname: null, labels: null }, BEFORE],
    ["a label's null leaves it as it is", { labels: { tier: null } }, BEFORE],
    [
      "a new fact is added",
      { description: "Shop" },
      { hostname: "web-1.example.com", owner: "web", description: "Shop", labels: { tier: "front" } },
    ],
    [
      "a known fact is replaced",
      { hostname: "web-2", labels: { tier: "back" } },
      { hostname: "web-2", owner: "web", labels: { tier: "back" } },
    ],
    [
      "a label is added to the others",
      { labels: { team: "shop" } },
      { hostname: "web-1.example.com", owner: "web", labels: { team: "shop", tier: "front" } },
    ],
    ["an empty text removes a fact", { hostname: "", owner: "", labels: { tier: "", other: "" } }, NO_FACTS],
    [
      "a text of the greatest length, in characters",
      {
        hostname: "🖥".repeat(256),
        owner: "",
        description: "é".repeat(1024),
        labels: { tier: "x".repeat(256) },
      },
      {
        hostname: "🖥".repeat(256),
        description: "é".repeat(1024),
        labels: { tier: "x".repeat(256) },
      },
    ],
    [
      "names that objects inherit are labels like others",
      { labels: { constructor: "a", toString: "b" } },
      {
        hostname: "web-1.example.com",
        owner: "web",
        labels: { constructor: "a", tier: "front", toString: "b" },
      },
    ],
    [
      "as many labels as allowed",
      { hostname: "", owner: "", labels: { tier: "", ...many(16) } },
      { labels: many(16) },
    ],
  ])("%s", (_name, told, after) => {
    expect(changeFacts(BEFORE, told)).toEqual(after);
  });

  it("is the same object if nothing changes", () => {
    expect(changeFacts(BEFORE, { hostname: "web-1.example.com", labels: { tier: "front" } })).toBe(BEFORE);
  });

  const reserved =
    "want another name than heartbeat, source, kind, hostname, owner, target, module, instance, job, and none that starts with __";
  it.each<[unknown, string]>([
    ["web-1", 'body: got "web-1", want a JSON object such as {"hostname": "web-1.example.com"}'],
    [["x"], 'body: got a list, want a JSON object such as {"hostname": "web-1.example.com"}'],
    [{ hostnmae: "x" }, 'body: got the key "hostnmae", want hostname, owner, description or labels'],
    [{ hostname: 5 }, "hostname: got 5, want text"],
    [{ hostname: "a\nb" }, 'hostname: got "a\\nb", want one line of UTF-8 text without control characters'],
    [
      { hostname: "a\u202eb" },
      'hostname: got "a\\u{202e}b", want one line of UTF-8 text without control characters',
    ],
    [{ owner: "x".repeat(257) }, "owner: got 257 characters, want at most 256"],
    [{ description: "x".repeat(1025) }, "description: got 1025 characters, want at most 1024"],
    [{ labels: [] }, "labels: got a list, want an object of texts"],
    [{ labels: { team: ["a"] } }, "labels.team: got a list, want text"],
    [{ labels: { team: true } }, "labels.team: got true, want text"],
    [{ labels: { team: "x".repeat(257) } }, "labels.team: got 257 characters, want at most 256"],
    [
      { labels: { "my-team": "a" } },
      'labels: got the name "my-team", want a label name: letters, digits and _, not starting with a digit',
    ],
    [{ labels: { ["x".repeat(129)]: "a" } }, "labels: got a name of 129 characters, want at most 128"],
    [{ labels: { hostname: "a" } }, `labels: got the reserved name "hostname", ${reserved}`],
    [{ labels: { __name__: "a" } }, `labels: got the reserved name "__name__", ${reserved}`],
    [JSON.parse('{"labels":{"__proto__":"a"}}'), `labels: got the reserved name "__proto__", ${reserved}`],
    [{ labels: many(16) }, "labels: got 17 labels, want at most 16, with those of earlier pings"],
  ])("%j is refused", (told, refused) => {
    expect(changeFacts(BEFORE, told)).toEqual({ refused });
  });

  it("stay within their bounds, whatever pings tell, and can be stored", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom("", "a", "x".repeat(256)),
    );
    const name = fc.oneof(fc.stringMatching(/^[a-z_]{1,4}$/), fc.string({ maxLength: 200 }));
    const told = fc.oneof(
      fc.anything(),
      fc.record(
        {
          hostname: fc.oneof(text, fc.anything()),
          owner: text,
          description: text,
          labels: fc.oneof(fc.dictionary(name, text, { maxKeys: 18 }), fc.anything()),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.array(told, { maxLength: 8 }), (all) => {
        let facts = NO_FACTS;
        for (const one of all) {
          const next = changeFacts(facts, one);
          if (!("refused" in next)) facts = next;
          else expect(next.refused).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,700}$/u);
        }
        const { hostname = "", owner = "", description = "", labels } = facts;
        expect(Math.max(hostname.length, owner.length)).toBeLessThanOrEqual(512);
        expect(description.length).toBeLessThanOrEqual(2048);
        expect(Object.keys(labels).length).toBeLessThanOrEqual(16);
        for (const [label, value] of Object.entries(labels)) {
          expect(label).toMatch(/^(?!__)[A-Za-z_]\w{0,127}$/);
          expect(value).toMatch(/^[^\p{Cc}\p{Cs}]{1,256}$/u);
        }
        expect(readStoredFacts(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
      }),
    );
  });
});

const REGISTRATION: Registration = {
  max: 2,
  expireAfter: seconds(7 * 86_400),
  kind: "machine",
  timeout: seconds(120),
  startTimeout: seconds(120),
  namePattern: "web-*",
};

const setupOf = (heartbeats: readonly PushHeartbeat[] = [], kind = "machine"): PushSetup => ({
  heartbeats,
  registration: { ...REGISTRATION, kind },
  defaultTimeout: seconds(120),
  configured: true,
});

const CONFIGURED: PushHeartbeat = {
  name: "web-1",
  kind: "machine",
  timeout: seconds(120),
  startTimeout: seconds(120),
  hostname: "configured.example.com",
  labels: {},
  critical: false,
};

function build(memory: Memory = createMemory()) {
  const logged: string[] = [];
  const add = (_fields: object, message: string) => void logged.push(message);
  const log: Log = { debug: add, info: add, warn: add, error: add };
  const clock = manualClock();
  const register = createRegister({
    clock,
    presence: { clock, onGap: () => {} },
    log,
    memory,
    onEffect: () => {},
  });
  return { register, memory, logged };
}

describe("facts of the register", () => {
  it("survive a reload and a restart", () => {
    const first = build();
    first.register.configure(setupOf());
    first.register.admit("web-1");
    expect(first.register.describe("web-1", BEFORE)).toBeUndefined();
    first.register.configure(setupOf([], "server"));
    expect(first.register.find("web-1")?.heartbeat).toMatchObject({ ...BEFORE, kind: "server" });
    const second = build(first.memory);
    second.register.configure(setupOf());
    expect(second.register.find("web-1")).toMatchObject({ registered: true, heartbeat: BEFORE });
    expect(second.register.describe("web-1", { owner: "" })).toBeUndefined();
    const third = build(first.memory);
    third.register.configure(setupOf());
    expect(third.register.find("web-1")?.heartbeat.owner).toBeUndefined();
    expect(third.register.find("web-1")?.heartbeat.labels).toEqual({ tier: "front" });
  });

  it("do not cost a heartbeat its state when their stored form is malformed", () => {
    const { register, memory } = build();
    register.configure(setupOf());
    register.admit("web-1");
    register.ping("web-1", "success");
    const stored = memory.namespace("heartbeats").get("web-1") as object;
    memory.namespace("heartbeats").put("web-1", { ...stored, facts: { labels: { job: "x" } } });
    const next = build(memory);
    next.register.configure(setupOf());
    expect(next.register.find("web-1")).toMatchObject({ id: 1, status: "online", heartbeat: { labels: {} } });
  });

  it("are those of the configuration for a configured heartbeat, and that others are ignored is logged once", () => {
    const { register, logged, memory } = build();
    register.configure(setupOf());
    register.admit("web-1");
    register.describe("web-1", BEFORE);
    register.configure(setupOf([CONFIGURED]));
    expect(register.find("web-1")?.heartbeat).toEqual(CONFIGURED);
    for (let i = 0; i < 2; i += 1) expect(register.describe("web-1", { hostname: 5 })).toBeUndefined();
    expect(register.find("web-1")?.heartbeat).toEqual(CONFIGURED);
    expect(memory.namespace("heartbeats").get("web-1")).not.toHaveProperty("facts");
    expect(logged).toEqual([
      "Machine 1 (web-1) registered",
      "Machine 1 (web-1) is configured, so the facts in its pings are ignored",
    ]);
  });

  it("do not change when they are refused", () => {
    const { register } = build();
    register.configure(setupOf());
    register.admit("web-1");
    register.describe("web-1", BEFORE);
    const heartbeat = register.find("web-1")?.heartbeat;
    expect(register.describe("web-1", { owner: "shop", labels: { job: "x" } })).toHaveProperty("refused");
    expect(register.find("web-1")?.heartbeat).toBe(heartbeat);
    expect(register.describe("web-9", BEFORE)).toBeUndefined();
  });
});
