import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";
import { serveHttp } from "./http-targets.ts";

/** A request that an HTTP receiver has received. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A real server that records what it receives; `await using` stops it. */
export interface Receiver<Received> extends AsyncDisposable {
  readonly port: number;
  readonly received: readonly Received[];
}

/** Receives webhooks of any kind: Slack, Telegram, PagerDuty, generic. `answers` gives the response body by path; `{}` by default. */
export async function httpReceiver(
  answers: (path: string) => string = () => "{}",
): Promise<Receiver<ReceivedRequest>> {
  const received: ReceivedRequest[] = [];
  const server = await serveHttp(async (request, response) => {
    const { method = "", url = "", headers } = request;
    received.push({ method, path: url, headers, body: await text(request) });
    response.setHeader("Content-Type", "application/json").end(answers(url));
  });
  return { port: server.port, received, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A message received by SMTP. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, still encoded. */
  readonly source: string;
}

/** Receives e-mail, without encryption and without a password. */
export async function smtpReceiver(): Promise<Receiver<ReceivedMail>> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, { envelope }, done) {
      let source = "";
      stream.setEncoding("utf8").on("data", (chunk: string) => (source += chunk));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        received.push({ from, to: envelope.rcptTo.map(({ address }) => address), source });
        done();
      });
    },
  });
  // An Alertmanager that is stopped resets its connections.
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Decodes the subject and the parts of a multipart message; parts are keyed by their content type. */
export function readMail({ source }: ReceivedMail): {
  readonly subject: string;
  readonly parts: Readonly<Record<string, string>>;
} {
  const boundary = /boundary="?([^"\r\n;]+)/.exec(source)?.[1] ?? "";
  const parts = source
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const [head = "", ...body] = part.trim().split("\r\n\r\n");
      const type = /Content-Type: ([^;\r\n]+)/i.exec(head)?.[1] ?? "";
      return [type, quotedPrintable(body.join("\r\n\r\n"))] as const;
    });
  const subject = /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(source)?.[1] ?? "";
  return { subject: encodedWords(subject.replace(/\r\n[ \t]+/g, " ")), parts: Object.fromEntries(parts) };
}

/** Decodes quoted-printable (RFC 2045): soft line breaks, and bytes in hexadecimal. */
const quotedPrintable = (encoded: string): string =>
  bytesOf(encoded.replace(/=\r\n/g, "")).toString("utf8").replaceAll("\r\n", "\n");

/** Decodes the encoded words of a header (RFC 2047). */
const encodedWords = (encoded: string): string =>
  encoded
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?utf-8\?q\?(.*?)\?=/gi, (_, word: string) => word.replaceAll("_", " "))
    .replace(/(?:=[0-9A-F]{2})+/g, (bytes) => bytesOf(bytes).toString("utf8"));

const bytesOf = (encoded: string): Buffer =>
  Buffer.from(
    encoded.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
