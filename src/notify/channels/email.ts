import { DEFAULT_CIPHERS } from "node:tls";
import type { SendMailOptions } from "nodemailer";
import type { Channel, ChannelOptions } from "../../core/channel.ts";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { escapeHtml } from "../../core/escape.ts";
import { excerpt } from "../../core/excerpt.ts";
import { toMilliseconds } from "../../core/units.ts";
import type { AttemptResult } from "../delivery/retry.ts";
import type { Message } from "../notices/message.ts";
import { type MessageText, type TextLimits, textOf } from "../notices/text.ts";
import { type ChannelReply, LONGEST_EXCERPT } from "./reply.ts";

/** A subject is one line in lists of mails; the text is long enough for every name of a message. */
const LIMITS: TextLimits = { title: 150, body: 200_000 };

/** Sends a message once by SMTP. Never rejects for what the server does. */
export async function sendMail(
  options: ChannelOptions["email"],
  channel: Pick<Channel, "timeout" | "timeZone" | "tls">,
  message: Message,
  signal: AbortSignal,
  clock: Clock,
): Promise<ChannelReply> {
  const password = await options.login?.password.reveal();
  const secrets = password === undefined ? [] : [password, Buffer.from(password).toString("base64")];
  const transport = await openTransport(options, password, channel);
  const text = textOf(message, LIMITS, channel.timeZone);
  const failed = (detail: string): ChannelReply => ({ result: { kind: "failed", detail }, excerpt: "" });
  return new Promise((resolve) => {
    const stop = (): void => settle(failed("stopped"));
    const settle = (reply: ChannelReply): void => {
      cancel();
      signal.removeEventListener("abort", stop);
      transport.close();
      resolve(reply);
    };
    const cancel = clock.timeout(channel.timeout, () =>
      settle(failed(`no response within ${channel.timeout}s`)),
    );
    signal.addEventListener("abort", stop);
    transport.sendMail(mailOf(options, text, message)).then(
      (info) => settle({ result: { kind: "delivered" }, excerpt: shown(info.response, secrets) }),
      (error: unknown) => settle(refusal(error, secrets)),
    );
  });
}

async function openTransport(
  { host, port, encryption, login }: ChannelOptions["email"],
  password: string | undefined,
  { timeout, tls }: Pick<Channel, "timeout" | "tls">,
) {
  // Loaded with the first mail, because most exporters send none.
  const { createTransport } = await import("nodemailer");
  const ca = await tls.ca?.reveal();
  const wait = toMilliseconds(timeout);
  return createTransport({
    host,
    port,
    secure: encryption === "tls",
    requireTLS: encryption === "starttls",
    ignoreTLS: encryption === "none",
    connectionTimeout: wait,
    greetingTimeout: wait,
    socketTimeout: wait,
    dnsTimeout: wait,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: {
      rejectUnauthorized: !tls.insecureSkipVerify,
      ciphers: DEFAULT_CIPHERS,
      ...defined({ ca }),
    },
    ...(login === undefined || password === undefined
      ? {}
      : { auth: { user: login.username, pass: password } }),
  });
}

/** Builds the mail. Its id is that of the message, so that a mail that is sent again can be told. */
function mailOf(
  { from, to }: ChannelOptions["email"],
  { title, body }: MessageText,
  { id, severity, link, at }: Message,
): SendMailOptions {
  const domain = /@([A-Za-z0-9.-]+)/.exec(from)?.[1] ?? "localhost";
  return {
    from,
    to: [...to],
    subject: title,
    date: new Date(at * 1000),
    messageId: `<${id}@${domain}>`,
    headers: { "Auto-Submitted": "auto-generated" },
    priority: severity === "critical" ? "high" : "normal",
    text: link === undefined ? body : `${body}\n\n${link}\n`,
    html: htmlOf(title, body, link),
  };
}

function htmlOf(title: string, body: string, link: string | undefined): string {
  const lines = body.split("\n").map((line) => `<li style="margin:0 0 8px">${escapeHtml(line)}</li>`);
  const footer = link === undefined ? "" : `<p><a href="${escapeHtml(link)}">Open heartbeat-exporter</a></p>`;
  return `<div style="font-family:sans-serif;max-width:640px"><h3>${escapeHtml(title)}</h3><ul style="padding-left:18px">${lines.join("")}</ul>${footer}</div>`;
}

/** Statuses that are not permanent although they begin with 5: credentials may be corrected. */
const CREDENTIALS: ReadonlySet<number> = new Set([530, 534, 535, 538]);

function refusal(error: unknown, secrets: readonly string[]): ChannelReply {
  const { code, responseCode, response } = error as Partial<Record<string, unknown>>;
  const status = typeof responseCode === "number" && responseCode > 0 ? responseCode : undefined;
  const text = shown(typeof response === "string" ? response : undefined, secrets);
  if (status === undefined) {
    // Texts of the TLS library and of the system contain names and addresses, but no secret.
    const message = error instanceof Error ? error.message : String(error);
    const detail = `${typeof code === "string" ? `${code}: ` : ""}${shown(message, secrets)}`;
    return { result: { kind: "failed", detail }, excerpt: "" };
  }
  const result: AttemptResult = {
    kind: status >= 500 && !CREDENTIALS.has(status) ? "refused" : "failed",
    detail: `got status ${status}`,
    response: { status, excerpt: text },
  };
  return { result, status, excerpt: text };
}

const shown = (text: string | undefined, secrets: readonly string[]): string =>
  excerpt((text ?? "").trim(), secrets, LONGEST_EXCERPT);
