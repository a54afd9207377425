import { describe, expect, it, test } from "vitest";
import { configDeps } from "../../../src/cli/load-config.ts";
import { loadConfigText } from "../../../src/config/load.ts";
import { NOTICE_EVENT_NAMES, severityOf } from "../../../src/core/notice.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import type { ChannelReply } from "../../../src/notify/channels/reply.ts";
import { sendOnce } from "../../../src/notify/channels/send.ts";
import { type Message, messageOf } from "../../../src/notify/notices/message.ts";
import { manualClock } from "../../helpers/clock.ts";
import { serveHttp } from "../../helpers/http-targets.ts";
import { notice, subject } from "../notices/channel-of.ts";

/** 2025-09-15T13:30:00Z */
const AT = 1_757_943_000;
const LINK = "https://heartbeat.example.com/";

/** A message about one model that is down. */
const ONE: Message = messageOf(
  { id: "abc-1", at: timestamp(AT), link: LINK },
  [
    {
      notice: notice("gpt", "down", AT - 60, {
        reason: "auth",
        detail: "HTTP 401: <key> *expired*",
        lastSuccess: timestamp(AT - 120),
        subject: subject("gpt", { critical: true }),
      }),
      badSince: timestamp(AT - 60),
      changes: 1,
    },
  ],
  seconds(15),
);
const TITLE = "🔴 gpt is down: auth";
const BODY = "HTTP 401: <key> *expired*. Since 13:29 UTC, last success 13:28 UTC.";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Sends a message through a channel as it is configured, to a real server; `HOST` stands for its address. */
async function deliver(
  preset: string,
  message: Message,
  answer: { readonly status: number; readonly body?: string } = { status: 200 },
): Promise<{ readonly received: Received; readonly text: string; readonly reply: ChannelReply }> {
  let received: Received | undefined;
  let text = "";
  await using server = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    text = Buffer.concat(chunks).toString();
    const { method = "", url = "", headers } = request;
    received = { method, path: url, headers, body: JSON.parse(text) as unknown };
    response.writeHead(answer.status).end(answer.body ?? "");
  });
  const yaml = `
modules: { web: { prober: http } }
targets: [{ name: gpt, module: web, target: "http://127.0.0.1:1" }]
notify: [{ name: one, ${preset.replaceAll("HOST", server.host)} }]
`;
  const [channel] = loadConfigText(yaml, "test.yml", {}, configDeps).notify;
  if (channel === undefined) throw new Error("no channel");
  const reply = await sendOnce(channel, message, new AbortController().signal, {
    clock: manualClock(),
  });
  if (received === undefined) throw new Error(`nothing arrived: ${JSON.stringify(reply)}`);
  return { received, text, reply };
}

/** Each preset with its configuration, and the request that its service documents. */
const PRESETS: Readonly<Record<string, { readonly yaml: string; readonly request: object }>> = {
  // https://docs.ntfy.sh/publish/#publish-as-json
  ntfy: {
    yaml: `ntfy: { url: "http://HOST/base/my-topic", token: tk_secret }`,
    request: {
      method: "POST",
      path: "/base/",
      headers: { authorization: "Bearer tk_secret", "content-type": "application/json" },
      body: { topic: "my-topic", title: TITLE, message: BODY, priority: 5, click: LINK },
    },
  },
  // https://core.telegram.org/bots/api#sendmessage
  telegram: {
    yaml: `telegram: { token: "123456:secret", chat: -1001234567890, api_url: "http://HOST" }`,
    request: {
      method: "POST",
      path: "/bot123456:secret/sendMessage",
      body: {
        chat_id: "-1001234567890",
        text: `<b>🔴 gpt is down: auth</b>\nHTTP 401: &lt;key&gt; *expired*. Since 13:29 UTC, last success 13:28 UTC.\n${LINK}`,
        parse_mode: "HTML",
        link_preview_options: { is_disabled: true },
        disable_notification: false,
      },
    },
  },
  // https://discord.com/developers/docs/resources/webhook#execute-webhook
  discord: {
    yaml: `discord: { url: "http://HOST/api/webhooks/1/secret" }`,
    request: {
      method: "POST",
      path: "/api/webhooks/1/secret",
      body: {
        embeds: [
          {
            title: TITLE,
            description: String.raw`HTTP 401: <key\> \*expired\*. Since 13:29 UTC, last success 13:28 UTC.`,
            color: 0xd0021b,
            timestamp: "2025-09-15T13:30:00.000Z",
            url: LINK,
          },
        ],
        allowed_mentions: { parse: [] },
      },
    },
  },
  // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
  slack: {
    yaml: `slack: { url: "http://HOST/services/T0/B0/secret" }`,
    request: {
      method: "POST",
      path: "/services/T0/B0/secret",
      body: {
        text: TITLE,
        attachments: [
          {
            color: "#d0021b",
            fallback: TITLE,
            blocks: [
              {
                type: "section",
                text: {
                  type: "mrkdwn",
                  text: `HTTP 401: &lt;key&gt; *expired*. Since 13:29 UTC, last success 13:28 UTC.\n${LINK}`,
                  verbatim: true,
                },
              },
            ],
          },
        ],
      },
    },
  },
  // https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
  teams: {
    yaml: `teams: { url: "http://HOST/workflows/secret?sig=secret" }`,
    request: {
      method: "POST",
      path: "/workflows/secret?sig=secret",
      body: {
        type: "message",
        attachments: [
          {
            contentType: "application/vnd.microsoft.card.adaptive",
            contentUrl: null,
            content: {
              $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
              type: "AdaptiveCard",
              version: "1.4",
              body: [
                {
                  type: "TextBlock",
                  text: TITLE,
                  weight: "Bolder",
                  size: "Medium",
                  color: "attention",
                  wrap: true,
                },
                {
                  type: "TextBlock",
                  text: String.raw`HTTP 401: <key\> \*expired\*. Since 13:29 UTC, last success 13:28 UTC.`,
                  wrap: true,
                },
              ],
              actions: [{ type: "Action.OpenUrl", title: "Open heartbeat-exporter", url: LINK }],
            },
          },
        ],
      },
    },
  },
  // https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
  matrix: {
    yaml: `matrix: { homeserver: "http://HOST", room: "!room:example.com", token: secret }`,
    request: {
      method: "PUT",
      path: "/_matrix/client/v3/rooms/!room%3Aexample.com/send/m.room.message/abc-1",
      headers: { authorization: "Bearer secret" },
      body: {
        msgtype: "m.text",
        body: `${TITLE}\n${BODY}\n${LINK}`,
        format: "org.matrix.custom.html",
        formatted_body: `<strong>🔴 gpt is down: auth</strong><br>HTTP 401: &lt;key&gt; *expired*. Since 13:29 UTC, last success 13:28 UTC.<br>${LINK}`,
      },
    },
  },
  // https://pushover.net/api
  pushover: {
    yaml: `pushover: { token: app-secret, user: user-secret, api_url: "http://HOST" }`,
    request: {
      method: "POST",
      path: "/1/messages.json",
      body: {
        token: "app-secret",
        user: "user-secret",
        title: TITLE,
        message: BODY,
        priority: 1,
        timestamp: AT,
        url: LINK,
        url_title: "Open heartbeat-exporter",
      },
    },
  },
  // https://gotify.net/docs/pushmsg and https://gotify.net/docs/msgextras
  gotify: {
    yaml: `gotify: { url: "http://HOST/", token: secret }`,
    request: {
      method: "POST",
      path: "/message",
      headers: { "x-gotify-key": "secret" },
      body: {
        title: TITLE,
        message: BODY,
        priority: 8,
        extras: { "client::notification": { click: { url: LINK } } },
      },
    },
  },
  // https://github.com/caronc/apprise-api#api-details
  apprise: {
    yaml: `apprise: { url: "http://HOST/notify/secret", tag: ops }`,
    request: {
      method: "POST",
      path: "/notify/secret",
      body: { title: TITLE, body: `${BODY}\n${LINK}`, type: "failure", format: "text", tag: "ops" },
    },
  },
  webhook: {
    yaml: `webhook: { url: "http://HOST/hook", headers: { X-Key: secret }, template: { msg: "{{ subject }} {{ event }}: {{ reason }} ({{ count }}) {{ detail | truncate 8 | html }}", list: ["{{ severity }}", "{{ status }}"] } }`,
    request: {
      method: "POST",
      path: "/hook",
      headers: { "x-key": "secret", "webhook-id": "abc-1" },
      body: { msg: "gpt down: auth (1) HTTP 401", list: ["critical", "firing"] },
    },
  },
};

/** The longest texts that each service documents, as it measures them. */
const LIMITS: Readonly<
  Record<
    string,
    (received: {
      readonly body: never;
      readonly text: string;
    }) => readonly (readonly [string, number, number])[]
  >
> = {
  ntfy: ({ body }) => [["message", Buffer.byteLength(body["message"]), 4096]],
  telegram: ({ body }) => [
    // After its entities are parsed.
    ["text", (body["text"] as string).replaceAll(/<[^>]*>/g, "").replaceAll(/&\w+;/g, "x").length, 4096],
  ],
  discord: ({ body }) => {
    const { title, description } = (body["embeds"] as { title: string; description: string }[])[0] ?? {
      title: "",
      description: "",
    };
    return [
      ["title", title.length, 256],
      ["description", description.length, 4096],
      ["both", title.length + description.length, 6000],
    ];
  },
  slack: ({ body }) => {
    const [attachment] = body["attachments"] as { blocks: { text: { text: string } }[] }[];
    return [["section", attachment?.blocks[0]?.text.text.length ?? 0, 3000]];
  },
  teams: ({ text }) => [["payload", Buffer.byteLength(text), 28 * 1024]],
  matrix: ({ text }) => [["event", Buffer.byteLength(text), 65_000]],
  pushover: ({ body }) => [
    ["title", Array.from(body["title"] as string).length, 250],
    ["message", Array.from(body["message"] as string).length, 1024],
  ],
  gotify: () => [],
  apprise: () => [],
  webhook: () => [],
};

/** A message about `count` subjects with names, reasons and details that need escaping. */
function storm(count: number, nameLength: number, detailLength: number): Message {
  const filler = (length: number): string => 'a*_[<&"\\🔴é'.repeat(length).slice(0, length);
  const decided = Array.from({ length: count }, (_, i) => {
    const about = subject(`${i}-${filler(nameLength)}`.slice(0, nameLength));
    const event = NOTICE_EVENT_NAMES[i % 4] ?? "down";
    return {
      notice: notice(about.name, event, AT, { subject: about, reason: "auth", detail: filler(detailLength) }),
      changes: 1,
    };
  });
  return messageOf({ id: "storm-1", at: timestamp(AT), link: LINK }, decided, seconds(0));
}

describe.each(Object.entries(PRESETS))("the preset %s", (name, { yaml, request }) => {
  it("sends what its service documents", async () => {
    const { received, reply } = await deliver(yaml, ONE);
    expect(received).toMatchObject(request);
    // No more than that.
    expect(received.body).toEqual((request as Received).body);
    expect(reply).toMatchObject({ result: { kind: "delivered" }, status: 200 });
  });

  test.each([
    ["ten alerts with a thousand characters each", storm(10, 120, 1000)],
    ["a thousand subjects", storm(1000, 120, 200)],
    ["more subjects than it names", storm(3000, 20, 0)],
    ["one name", storm(1, 5000, 5000)],
  ])("stays within the limits of its service with %s", async (_case, message) => {
    const { received, text } = await deliver(yaml, message);
    for (const [part, length, most] of LIMITS[name]?.({ body: received.body as never, text }) ?? [])
      expect([part, length <= most, length]).toEqual([part, true, length]);
  });

  it("shows no secret that the service repeats", async () => {
    const { received } = await deliver(yaml, ONE);
    const echo = `${received.path} ${JSON.stringify(received.headers)} ${JSON.stringify(received.body)}`;
    const { reply } = await deliver(yaml, ONE, { status: 500, body: echo.slice(0, 1500) });
    expect(reply.result.kind).toBe("failed");
    expect(JSON.stringify(reply)).not.toMatch(/secret(?!>)/);
  });
});

describe("a message", () => {
  it("names all seventeen subjects of a storm in each service", async () => {
    const names = Array.from({ length: 17 }, (_, i) => `service-${i + 1}.rack-7`);
    const message = messageOf(
      { id: "storm-2", at: timestamp(AT), link: LINK },
      names.map((one) => ({
        notice: notice(one, "down", AT, { reason: "connect", detail: "x".repeat(200) }),
        changes: 1,
      })),
      seconds(0),
    );
    for (const [preset, { yaml }] of Object.entries(PRESETS)) {
      if (preset === "webhook") continue;
      const { text } = await deliver(yaml, message);
      for (const one of names) expect([preset, text.includes(one)]).toEqual([preset, true]);
      expect([preset, text.includes("17 down")]).toEqual([preset, true]);
    }
  });

  it("that is too long even with reasons alone names as many subjects as fit and counts the others", async () => {
    const message = messageOf(
      { id: "storm-3", at: timestamp(AT) },
      Array.from({ length: 90 }, (_, i) => ({
        notice: notice(`service-${i + 10}`, "down", AT, { reason: `reason-${i % 45}` }),
        changes: 1,
      })),
      seconds(0),
    );
    const { received } = await deliver(PRESETS["pushover"]?.yaml ?? "", message);
    const { message: body } = received.body as { message: string };
    const named = body.match(/service-\d+/g)?.length ?? 0;
    expect(named).toBeGreaterThan(70);
    expect(body).toMatch(new RegExp(`^90 down: .*, ${90 - named} more$`));
  });

  it("waits as long as the body of an error asks", async () => {
    const wait = async (preset: string, body: object) => {
      const { reply } = await deliver(PRESETS[preset]?.yaml ?? "", ONE, {
        status: 429,
        body: JSON.stringify(body),
      });
      return reply.result.kind === "failed" ? reply.result.retryAfter : undefined;
    };
    expect(await wait("telegram", { ok: false, error_code: 429, parameters: { retry_after: 31 } })).toBe(31);
    expect(
      await wait("discord", { message: "You are being rate limited.", retry_after: 64.57, global: false }),
    ).toBe(64.57);
    expect(await wait("matrix", { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 2000 })).toBe(2);
    expect(await wait("slack", {})).toBeUndefined();
    // A longer wait would make the message a dead letter at once.
    expect(await wait("telegram", { parameters: { retry_after: 1e300 } })).toBe(3600);
    expect(await wait("discord", { retry_after: 3601 })).toBe(3600);
    expect(await wait("matrix", { retry_after_ms: 3_600_001 })).toBe(3600);
    for (const none of [0, -1, "31", null]) {
      expect(await wait("telegram", { parameters: { retry_after: none } })).toBeUndefined();
    }
  });

  it("has the severity of the worst event", () => {
    for (const event of NOTICE_EVENT_NAMES) {
      const about = subject("gpt", { critical: true });
      const { severity } = messageOf(
        { id: "1", at: timestamp(AT) },
        [{ notice: notice("gpt", event, AT, { subject: about }), changes: 1 }],
        seconds(0),
      );
      expect(severity).toBe(severityOf(event, about));
    }
  });
});
