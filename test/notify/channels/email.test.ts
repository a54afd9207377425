import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { describe, expect, it } from "vitest";
import { knownSecret } from "../../../src/core/secret.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import type { ChannelReply } from "../../../src/notify/channels/reply.ts";
import { sendOnce } from "../../../src/notify/channels/send.ts";
import { messageOf } from "../../../src/notify/notices/message.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { manualClock } from "../../helpers/clock.ts";
import { channelOf, notice } from "../notices/channel-of.ts";

const AT = 1_757_943_000;
const SERVER = makeCertificate({ subject: [["CN", "localhost"]], names: ["DNS:localhost", "IP:127.0.0.1"] });

interface Delivered {
  readonly source: string;
  readonly user: string | undefined;
  readonly secure: boolean;
  readonly to: readonly string[];
}

/** Sends one message to a mail server with these options. */
async function send(
  server: SMTPServerOptions,
  email: {
    readonly encryption: "starttls" | "tls" | "none";
    readonly password?: string;
    readonly to?: readonly string[];
  },
  ca: string | undefined = SERVER.cert,
): Promise<{ readonly delivered: readonly Delivered[]; readonly reply: ChannelReply }> {
  const delivered: Delivered[] = [];
  const smtp = new SMTPServer({
    key: SERVER.key,
    cert: SERVER.cert,
    onAuth({ username, password }, _session, done) {
      if (password === "right-password") return done(null, { user: username });
      done(new Error(`Invalid login for ${password}`));
    },
    onData(stream, session, done) {
      let source = "";
      stream.setEncoding("utf8").on("data", (chunk: string) => (source += chunk));
      stream.on("end", () => {
        const { user, secure, envelope } = session;
        delivered.push({
          source,
          user: user as string | undefined,
          secure,
          to: envelope.rcptTo.map(({ address }) => address),
        });
        done();
      });
    },
    ...server,
  });
  // A client that refuses the certificate breaks the handshake.
  smtp.on("error", () => {});
  smtp.listen(0, "127.0.0.1");
  await once(smtp.server, "listening");
  try {
    const reply = await sendOnce(
      channelOf({
        preset: {
          name: "email",
          options: {
            host: "127.0.0.1",
            port: (smtp.server.address() as AddressInfo).port,
            encryption: email.encryption,
            from: "Heartbeat <hb@example.com>",
            to: email.to ?? ["devops@example.com", "Ops <ops@example.com>"],
            ...(email.password === undefined
              ? {}
              : { login: { username: "hb", password: knownSecret(email.password) } }),
          },
        },
        tls: { insecureSkipVerify: false, ...(ca === undefined ? {} : { ca: knownSecret(ca) }) },
      }),
      messageOf(
        { id: "abc-1", at: timestamp(AT), link: "https://heartbeat.example.com/" },
        [
          {
            notice: notice("gpt", "down", AT, {
              reason: "auth\r\nBcc: all@example.com",
              detail: "<b>401</b>",
            }),
            changes: 1,
          },
        ],
        seconds(0),
      ),
      new AbortController().signal,
      { clock: manualClock() },
    );
    return { delivered, reply };
  } finally {
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
  }
}

describe("e-mail", () => {
  it("is sent after STARTTLS, with a password", async () => {
    const { delivered, reply } = await send({}, { encryption: "starttls", password: "right-password" });
    expect(reply.result).toEqual({ kind: "delivered" });
    expect(delivered).toMatchObject([
      { user: "hb", secure: true, to: ["devops@example.com", "ops@example.com"] },
    ]);
    const { source = "" } = delivered[0] ?? {};
    expect(source).toContain("Message-ID: <abc-1@example.com>");
    expect(source).toContain("Auto-Submitted: auto-generated");
    expect(source).toContain("Date: Mon, 15 Sep 2025 13:30:00 +0000");
    expect(source).toContain("&lt;b&gt;401&lt;/b&gt;");
    // A line break in a reason does not add a header.
    expect(source).not.toMatch(/^Bcc:/im);
  });

  it("is sent over TLS from the start", async () => {
    const { delivered, reply } = await send(
      { secure: true },
      { encryption: "tls", password: "right-password" },
    );
    expect(reply.result).toEqual({ kind: "delivered" });
    expect(delivered).toMatchObject([{ user: "hb", secure: true }]);
  });

  it("is not sent to a server without STARTTLS", async () => {
    const { delivered, reply } = await send(
      { authOptional: true, hideSTARTTLS: true, disabledCommands: ["STARTTLS"] },
      { encryption: "starttls" },
    );
    expect(reply.result.kind).not.toBe("delivered");
    expect(delivered).toEqual([]);
  });

  it("is not sent to a server with another certificate", async () => {
    const other = makeCertificate({ names: ["IP:127.0.0.1"] }).cert;
    for (const encryption of ["starttls", "tls"] as const) {
      const { delivered, reply } = await send(
        { secure: encryption === "tls" },
        { encryption, password: "right-password" },
        other,
      );
      expect(reply.result).toMatchObject({
        kind: "failed",
        detail: expect.stringMatching(/certificate/) as string,
      });
      expect(delivered).toEqual([]);
    }
  });

  it("is retried after a wrong password, which no output contains", async () => {
    const { reply } = await send({}, { encryption: "starttls", password: "wrong-password" });
    expect(reply).toMatchObject({ result: { kind: "failed", detail: "got status 535" }, status: 535 });
    expect(JSON.stringify(reply)).not.toContain("wrong-password");
    expect(reply.excerpt).toContain("<secret>");
  });

  it("is not retried if the server refuses it for good", async () => {
    const refuse: SMTPServerOptions = {
      authOptional: true,
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error("no such user"), { responseCode: 550 })),
    };
    const { reply } = await send(refuse, { encryption: "starttls" });
    expect(reply.result).toMatchObject({ kind: "refused", response: { status: 550 } });
  });

  it("is retried if the server asks for that", async () => {
    const busy: SMTPServerOptions = {
      authOptional: true,
      onMailFrom: (_address, _session, done) =>
        done(Object.assign(new Error("try later"), { responseCode: 451 })),
    };
    const { reply } = await send(busy, { encryption: "starttls" });
    expect(reply.result).toMatchObject({ kind: "failed", detail: "got status 451" });
  });
});
