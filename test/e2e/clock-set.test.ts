import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { answerChat } from "../helpers/chat-answer.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { notification, type Receiver, startReceiver } from "../notify/receiver.ts";

const SHIFTED_CLOCK = fileURLToPath(new URL("../helpers/shifted-clock.ts", import.meta.url));

/** What the wall clock is set to in turn: so many seconds after that of the machine. */
const SHIFTS = [0, 3600, 0, -3600, 0] as const;
/** Longest wait for anything, in seconds: far less than an hour. */
const SOON = 60;

/** Starts an exporter with everything that waits for a time, whose wall clock can be set. */
async function setUp() {
  await using resources = new AsyncDisposableStack();
  const down = new Set<string>();
  let prompts = 0;
  let isLimited = false;
  const server = resources.use(
    await serveHttp((request, response) => {
      if (request.method === "GET") {
        response.writeHead(down.has(request.url ?? "") ? 500 : 200).end("ok");
        return;
      }
      prompts += 1;
      request.resume();
      if (isLimited) {
        response.writeHead(429, { "Retry-After": "2", "Content-Type": "application/json" }).end("{}");
        return;
      }
      answerChat(response);
    }),
  );
  const [people, hook, phone, repair] = [
    resources.use(await startReceiver()),
    resources.use(await startReceiver()),
    resources.use(await startReceiver()),
    resources.use(await startReceiver()),
  ];
  const folder = resources.use(await temporaryFolder());
  const clockFile = await folder.write("clock", "0");
  const rounds = SHIFTS.map((_, i) => i);
  const exporter = resources.use(
    await startExporter({
      env: { CLOCK_SHIFT: clockFile, NODE_OPTIONS: `--import=${SHIFTED_CLOCK}` },
      files: { token: "the-token" },
      yaml: `
storage: { path: ${folder.path}/s.db }
control: { token_file: token }
prices: { m: { input: 1, output: 1 } }
modules:
  web: { prober: http, timeout: 500ms, http: { preferred_ip_protocol: ip4 } }
  chat: { prober: llm, timeout: 500ms, min_interval: 100ms, budget: { tokens: 1000000, per: hour }, llm: { api: openai, model: m, stream: false } }
targets:
  - { name: gpt, module: chat, target: "http://${server.host}/v1", schedule: interval, interval: 500ms }
  - { name: spare, module: web, target: "http://${server.host}/spare", schedule: interval, interval: 500ms, failover: {} }
${rounds.map((i) => `  - { name: page-${i}, module: web, target: "http://${server.host}/${i}", schedule: interval, interval: 500ms, failure_threshold: 2, healthy_threshold: 2, failover: {} }`).join("\n")}
heartbeats: [${rounds.map((i) => `{ name: job-${i}, timeout: 2s }`).join(", ")}]
routes: [${rounds.map((i) => `{ name: route-${i}, order: [page-${i}, spare], min_dwell: 1s, prefer_back_after: 1s }`).join(", ")}]
notify: [{ name: team, webhook: { url: "${people.url}" }, group_wait: 1s, group_interval: 1s, max_per_hour: 200 }]
webhooks: [{ name: app, url: "${hook.url}", events: [mode, heartbeat.offline] }]
relays: [{ name: phone, token_file: token, url: "${phone.url}" }]
actions:
  - { name: repair, token_file: token, match: { alertname: Down }, settle: 0s, cooldown: 1s, http: { url: "${repair.url}/{{target}}" } }
`,
    }),
  );
  const owned = resources.move();
  return {
    exporter,
    down,
    people,
    hook,
    phone,
    repair,
    prompts: () => prompts,
    limit: (is: boolean) => void (isLimited = is),
    setClock: (seconds: number) => folder.write("clock", String(seconds)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test("everything goes on after the clock of the machine was set, forward and back", {
  timeout: 300_000,
}, async () => {
  await using world = await setUp();
  const { exporter, down, people, hook, phone, repair } = world;
  const soon = (what: string, holds: () => Promise<boolean> | boolean): Promise<true> =>
    waitUntil(what, async () => (await holds()) || undefined, SOON as never);
  const value = async (name: string, labels: Record<string, string>): Promise<number | undefined> =>
    valueOf(await exporter.get("/metrics"), name, labels);
  const send = async (path: string, body?: string): Promise<void> => {
    const response = await fetch(`${exporter.url}${path}`, {
      method: "POST",
      headers: { Authorization: "Bearer the-token", "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const alert = (name: string, i: number): string =>
    notification([{ labels: { alertname: "Down", [name]: `${name}-${i}` }, fingerprint: `${i}` }]);
  const told = (receiver: Receiver, ...texts: readonly string[]): boolean =>
    receiver.arrived.some(({ path, body }) => texts.every((text) => `${path} ${body}`.includes(text)));

  for (const [i, shift] of SHIFTS.entries()) {
    const at = `round ${i}, ${shift} s`;
    const [page, job] = [`page-${i}`, `job-${i}`];
    await world.setClock(shift);
    await send(`/ping/${job}`);
    const before = world.prompts();
    await soon(`${at}: prompts`, () => world.prompts() > before + 3);
    await soon(
      `${at}: a healthy page`,
      async () => (await value("heartbeat_target_healthy", { target: page })) === 1,
    );

    // What a person and a model ask for ends by itself after the time that they said.
    await send(`/config/force/primary?target=${page}&for=2s`);
    await send("/api/v1/maintenance?target=spare&for=2s");
    world.limit(true);
    await soon(
      `${at}: a refusal`,
      async () => ((await value("heartbeat_consecutive_failures", { target: "gpt" })) ?? 0) > 0,
    );
    world.limit(false);

    down.add(`/${i}`);
    await soon(
      `${at}: an unhealthy page`,
      async () => (await value("heartbeat_target_healthy", { target: page })) === 0,
    );
    await soon(
      `${at}: fallback`,
      async () => (await value("heartbeat_current_mode", { target: page, mode: "fallback" })) === 1,
    );
    await soon(
      `${at}: the spare member`,
      async () => (await exporter.json(`/route/route-${i}`))["use"] === "spare",
    );
    await soon(`${at}: a silent job`, async () => (await value("heartbeat_up", { heartbeat: job })) === 0);
    await send("/alertmanager/relay/phone", alert("heartbeat", i));
    await send("/alertmanager/actions/repair", alert("target", i));
    await soon(`${at}: a message about the page`, () => told(people, page, '"event":"down"'));
    await soon(`${at}: a message about the job`, () => told(people, job, '"event":"missed"'));
    await soon(`${at}: a webhook about the page`, () => told(hook, page, "fallback"));
    await soon(`${at}: a webhook about the job`, () => told(hook, job));
    await soon(`${at}: a relayed alert`, () => told(phone, `heartbeat-${i}`));
    await soon(`${at}: an action`, () => told(repair, `/target-${i}`));

    down.delete(`/${i}`);
    await send(`/ping/${job}`);
    await soon(
      `${at}: the page back`,
      async () => (await value("heartbeat_current_mode", { target: page, mode: "primary" })) === 1,
    );
    await soon(
      `${at}: the preferred member`,
      async () => (await exporter.json(`/route/route-${i}`))["use"] === page,
    );
    await soon(`${at}: the end of the message`, () => told(people, page, '"event":"up"'));
    await soon(
      `${at}: the model`,
      async () => (await value("heartbeat_target_healthy", { target: "gpt" })) === 1,
    );
    await soon(
      `${at}: no maintenance`,
      async () => (await value("heartbeat_target_maintenance", { target: "spare" })) !== 1,
    );
    expect((await fetch(`${exporter.url}/livez`)).status).toBe(200);

    // Begun by this clock, and to end by the next one.
    await send(`/config/force/fallback?target=${page}&for=2s`);
    await send("/api/v1/maintenance?target=spare&for=2s");
    world.limit(true);
    await soon(
      `${at}: another refusal`,
      async () => ((await value("heartbeat_consecutive_failures", { target: "gpt" })) ?? 0) > 0,
    );
    world.limit(false);
    const next = SHIFTS[i + 1];
    if (next === undefined) break;
    await world.setClock(next);
    await soon(
      `${at}: the end of a forced mode`,
      async () => (await value("heartbeat_mode_forced", { target: page })) === 0,
    );
    await soon(
      `${at}: the end of maintenance`,
      async () => (await value("heartbeat_target_maintenance", { target: "spare" })) !== 1,
    );
    await soon(
      `${at}: the end of Retry-After`,
      async () => (await value("heartbeat_target_healthy", { target: "gpt" })) === 1,
    );
  }
  expect(exporter.process.stderr()).not.toMatch(/level=error/);
});
