import { describe, expect, it } from "vitest";
import { createMemory, type Memory } from "../../../src/core/memory.ts";
import { sample } from "../../../src/core/metric.ts";
import { failed, type Outcome, type Prober, succeeded } from "../../../src/core/prober.ts";
import { seconds } from "../../../src/core/units.ts";
import { certificateMetrics } from "../../../src/probers/certificates.ts";
import { manualClock } from "../../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../../helpers/exporter.ts";
import { serveHttp } from "../../helpers/http-targets.ts";
import { waitUntil } from "../../helpers/process.ts";
import { type ReceivedMail, readMail, smtpReceiver } from "../../helpers/receivers.ts";
import { settle } from "../../helpers/stand-in-prober.ts";

/** A message as a person gets it. */
interface Got {
  readonly title: string;
  readonly text: string;
}

interface World extends AsyncDisposable {
  readonly clock: ReturnType<typeof manualClock>;
  readonly exporter: LocalExporter;
  /** Outcomes of probes by address; success by default. */
  readonly outcomes: Map<string, Outcome>;
  /** Expiries of certificates by address. */
  readonly expiries: Map<string, number>;
  readonly chat: () => readonly Got[];
  readonly mails: readonly ReceivedMail[];
  /** Set to refuse connections of the chat. */
  readonly network: { out: boolean };
  /** Lets time pass, and waits after each second until what was decided is delivered. */
  pass(length: number): Promise<void>;
}

async function world(
  names: readonly string[],
  more: {
    readonly channel?: string;
    readonly sections?: string;
    readonly memory?: Memory;
    readonly dependsOn?: { readonly names: readonly string[]; readonly on: string };
  } = {},
): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const clock = manualClock();
  const outcomes = new Map<string, Outcome>();
  const expiries = new Map<string, number>();
  const network = { out: false };
  const chat: Got[] = [];
  const server = resources.use(
    await serveHttp(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (network.out) return void response.destroy();
      const { text, attachments } = JSON.parse(Buffer.concat(chunks).toString()) as {
        text: string;
        attachments: { blocks: { text: { text: string } }[] }[];
      };
      chat.push({ title: text, text: attachments[0]?.blocks[0]?.text.text ?? "" });
      response.end("ok");
    }),
  );
  const smtp = resources.use(await smtpReceiver());
  const scripted: Prober = {
    kind: "scripted",
    metrics: [],
    reasons: ["connect", "auth", "network", "dns"],
    schema: {},
    costly: false,
    compile: () => ({}),
    probe: async ({ address }) => ({
      samples: expiries.has(address)
        ? [sample(certificateMetrics.sslEarliestCertExpiry, expiries.get(address) ?? 0)]
        : [],
      duration: seconds(0.25),
      outcome: outcomes.get(address) ?? succeeded,
    }),
  };
  const exporter = resources.use(
    await startLocalExporter({
      yaml: `
modules: { scripted: { prober: scripted } }
targets:
${names.map((name) => `  - { name: ${name}, module: scripted, target: ${name}, schedule: interval, interval: 30s, failure_threshold: 3, healthy_threshold: 2${more.dependsOn?.names.includes(name) === true ? `, depends_on: [${more.dependsOn.on}]` : ""} }`).join("\n")}
notify:
  - { name: chat, slack: { url: "http://${server.host}/" }, ${more.channel ?? ""} }
  - { name: mail, email: { host: 127.0.0.1, port: ${smtp.port}, encryption: none, from: "Heartbeat <hb@example.com>", to: [devops@example.com] }, ${more.channel ?? ""} }
${more.sections ?? ""}
`,
      probers: [scripted],
      clock,
      memory: more.memory ?? createMemory(),
      externalUrl: new URL("https://heartbeat.example.com/"),
    }),
  );
  const owned = resources.move();
  const queued = (channel: string): number =>
    exporter.logged.filter(
      ({ message, fields }) =>
        message === "notification queued" && (fields as Record<string, unknown>)["channel"] === channel,
    ).length;
  return {
    clock,
    exporter,
    outcomes,
    expiries,
    chat: () => chat,
    mails: smtp.received,
    network,
    async pass(length) {
      for (let second = 0; second < length; second++) {
        clock.advance(seconds(1));
        await settle();
        if (smtp.received.length < queued("mail"))
          await waitUntil("mails", () => smtp.received.length === queued("mail") || undefined);
        if (!network.out && chat.length < queued("chat")) {
          await waitUntil("messages", () => {
            // An attempt that failed is due again by the clock of the test.
            if (chat.length < queued("chat")) clock.advance(seconds(1));
            return chat.length === queued("chat") || undefined;
          });
        }
        // The queue has noted the delivery.
        await settle();
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const AUTH = failed("auth", "HTTP 401: invalid key");
const CONNECT = failed("connect", "ECONNREFUSED 10.0.0.7:443");

/** Returns the services that messages tell in lines with these words. */
const told = (messages: readonly Got[], words: RegExp): readonly string[] =>
  [
    ...new Set(
      messages
        .flatMap(({ title, text }) => [title, ...text.split("\n")])
        .filter((line) => words.test(line))
        .flatMap((line) => line.match(/service-\d+/g) ?? []),
    ),
  ].toSorted();

describe("without Alertmanager", () => {
  it("one dead model is one message that says why, and one when it is back", async () => {
    await using here = await world(["gpt", "claude"]);
    await here.pass(120);
    here.outcomes.set("gpt", AUTH);
    await here.pass(600);
    here.outcomes.clear();
    await here.pass(600);
    expect(here.chat()).toEqual([
      {
        title: "🟠 gpt is down: auth",
        text: expect.stringMatching(
          /^HTTP 401: invalid key\. Since 13:3\d UTC, last success 13:3\d UTC\.\nhttps:\/\/heartbeat\.example\.com\/$/,
        ) as string,
      },
      {
        title: expect.stringMatching(/^🟢 gpt is up again after 9m\d+s \(it was down, auth\)$/) as string,
        text: expect.stringMatching(/^Since 13:4\d UTC\.\n/) as string,
      },
    ]);
    expect(here.mails.map((mail) => readMail(mail).subject)).toEqual(here.chat().map(({ title }) => title));
  });

  it("one dead host of seventeen services is at most three messages that name all, and its end likewise", async () => {
    const names = Array.from({ length: 17 }, (_, i) => `service-${i + 1}`);
    await using here = await world([...names, "other"]);
    await here.pass(120);
    for (const name of names) here.outcomes.set(name, CONNECT);
    await here.pass(900);
    const down = here.chat().length;
    here.outcomes.clear();
    await here.pass(900);
    const sorted = names.toSorted();
    expect(down).toBeLessThanOrEqual(3);
    expect(told(here.chat().slice(0, down), /\bdown: connect/)).toEqual(sorted);
    expect(here.chat().length - down).toBeLessThanOrEqual(3);
    expect(told(here.chat().slice(down), /up again/)).toEqual(sorted);
    expect(here.mails).toHaveLength(here.chat().length);
  });

  it("an hour of flapping is at most nine messages, and the last one is true", async () => {
    await using here = await world(["gpt"]);
    await here.pass(120);
    for (let minute = 0; minute < 60; minute += 4) {
      here.outcomes.set("gpt", AUTH);
      await here.pass(120);
      here.outcomes.clear();
      await here.pass(120);
    }
    await here.pass(1800);
    expect(here.chat().length).toBeGreaterThanOrEqual(4);
    expect(here.chat().length).toBeLessThanOrEqual(9);
    expect(here.chat().at(-1)?.title).toContain("gpt is up again");
    expect(here.chat().at(-1)?.text).toMatch(/\d+ changes since the last message/);
  });

  it("an outage of the exporter's own network is told once when it is over, with what is true then", async () => {
    const names = Array.from({ length: 17 }, (_, i) => `service-${i + 1}`);
    await using here = await world(names);
    await here.pass(120);
    here.network.out = true;
    for (const name of names) here.outcomes.set(name, failed("network", "ENETUNREACH"));
    await here.pass(1200);
    expect(here.chat()).toEqual([]);
    here.network.out = false;
    here.outcomes.clear();
    await here.pass(900);
    expect(here.chat().length).toBeLessThanOrEqual(3);
    expect(told(here.chat().slice(0, -1), /\bdown: network/)).toEqual(names.toSorted());
    expect(told(here.chat(), /up again/)).toEqual(names.toSorted());
    expect(told(here.chat().slice(-1), /\bdown: /)).toEqual([]);
  });

  it("a target in maintenance is not told", async () => {
    await using here = await world(["gpt"], {
      sections: `maintenance: [{ name: night, targets: [gpt], once: { from: 2025-09-15T13:31:00Z, to: 2025-09-15T14:00:00Z } }]`,
    });
    await here.pass(120);
    here.outcomes.set("gpt", AUTH);
    await here.pass(600);
    here.outcomes.clear();
    await here.pass(1800);
    expect(here.chat()).toEqual([]);
  });

  it("what is not critical waits for the end of quiet hours in the channel's time zone, and is one summary", async () => {
    // 13:30 UTC is 15:30 in Berlin.
    await using here = await world(["printer", "nas"], {
      channel: `time_zone: Europe/Berlin, quiet_hours: { from: "15:00", to: "16:10", days: [mon] }`,
    });
    await here.pass(120);
    here.outcomes.set("printer", CONNECT);
    here.outcomes.set("nas", CONNECT);
    await here.pass(900);
    here.outcomes.delete("nas");
    await here.pass(1320);
    expect(here.chat()).toEqual([]);
    await here.pass(120);
    expect(here.chat().map(({ title }) => title)).toEqual([
      expect.stringMatching(/^🟠 Summary of 3\dm: 1 down: printer; 1 up again: nas$/),
    ]);
    expect(here.chat()[0]?.text.split("\n")).toEqual([
      expect.stringMatching(
        /^printer is down: connect\. ECONN.*Since 15:3\d CEST, last success 15:3\d CEST\.$/,
      ),
      expect.stringMatching(
        /^nas is up again after 15m \(it was down, connect\)\. Since 15:4\d CEST, 2 changes since the last message\.$/,
      ),
      "https://heartbeat.example.com/",
    ]);
  });

  it("what depends on something that is down is not told, and afterwards only if it stays down", async () => {
    const behind = Array.from({ length: 5 }, (_, i) => `service-${i + 1}`);
    await using here = await world(["gateway", ...behind], { dependsOn: { names: behind, on: "gateway" } });
    await here.pass(120);
    for (const name of [...behind, "gateway"]) here.outcomes.set(name, CONNECT);
    await here.pass(900);
    expect(here.chat().map(({ title }) => title)).toEqual(["🟠 gateway is down: connect"]);
    for (const name of ["gateway", ...behind.slice(1)]) here.outcomes.delete(name);
    await here.pass(900);
    expect(
      here
        .chat()
        .slice(1)
        .map(({ title }) => title),
    ).toEqual([expect.stringMatching(/^🟢 gateway is up again/), "🟠 service-1 is down: connect"]);
  });

  it("a certificate that expires soon is told, and its renewal", async () => {
    await using here = await world(["shop"]);
    here.expiries.set("shop", here.clock.now() + 5 * 86_400);
    await here.pass(120);
    here.expiries.set("shop", here.clock.now() + 90 * 86_400);
    await here.pass(120);
    expect(here.chat().map(({ title }) => title)).toEqual([
      "🟠 shop has a certificate that expires soon",
      expect.stringMatching(/^🟢 shop has a renewed certificate after /),
    ]);
    expect(here.chat()[0]?.text).toContain("expires 2025-09-20T13:30:00Z. Since 13:30 UTC");
  });

  it("a group is told with its members, and not while all that is wrong is under maintenance", async () => {
    await using here = await world(["a", "b"], {
      sections: `
groups: [{ name: all, members: [a, b] }]
maintenance: [{ name: night, targets: [a], once: { from: 2025-09-15T13:31:00Z, to: 2025-09-15T14:00:00Z } }]`,
    });
    await here.pass(120);
    here.outcomes.set("a", AUTH);
    await here.pass(600);
    expect(here.chat()).toEqual([]);
    here.outcomes.set("b", CONNECT);
    await here.pass(300);
    expect(here.chat().map(({ title }) => title)).toEqual(["🟠 2 down: b, group all"]);
    expect(here.chat()[0]?.text).toContain("group all is down. unhealthy: b");
  });

  it("a heartbeat that is missed and comes back is told with its last ping", async () => {
    await using here = await world([], {
      sections:
        "heartbeats: [{ name: nas, kind: machine, timeout: 2m, owner: home, description: in the cellar }]",
      channel: "when: { kinds: [machine], owners: [home] }",
    });
    await fetch(`${here.exporter.url}/ping/nas`);
    await here.pass(200);
    await fetch(`${here.exporter.url}/ping/nas`);
    await here.pass(100);
    expect(here.chat().map(({ title }) => title)).toEqual([
      "🟠 machine nas missed its heartbeat",
      expect.stringMatching(/^🟢 machine nas is back after 1m2\ds/),
    ]);
    expect(here.chat()[0]?.text).toContain("in the cellar. Since 13:32 UTC, last success 13:30 UTC.");
  });
});

describe("a restart", () => {
  it("neither repeats what was told nor loses what was not", async () => {
    const memory = createMemory();
    {
      await using here = await world(["gpt"], { memory });
      await here.pass(120);
      here.outcomes.set("gpt", AUTH);
      await here.pass(300);
      expect(here.chat()).toHaveLength(1);
    }
    await using here = await world(["gpt"], { memory });
    here.outcomes.set("gpt", AUTH);
    await here.pass(300);
    expect(here.chat()).toEqual([]);
    here.outcomes.clear();
    await here.pass(300);
    expect(here.chat().map(({ title }) => title)).toEqual([expect.stringContaining("gpt is up again")]);
  });
});
