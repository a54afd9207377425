import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { startExporter } from "../helpers/exporter.ts";
import { parseExposition, valueOf } from "../helpers/exposition.ts";
import { imapTalk, pop3Talk, serveConduct, serveSmtp, services, talks } from "../helpers/line-servers.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const PASSWORD = "password-of-the-test";

/** Probes servers of each kind in the example, over real sockets. */
export async function testBanners(): Promise<void> {
  const example = readFileSync(fileURLToPath(new URL("../../examples/banners.yml", import.meta.url)), "utf8");
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const certificate = makeCertificate({ names: ["IP:127.0.0.1"] });
  const redis = talks("", [
    { when: new RegExp(`^AUTH ${PASSWORD}$`), reply: "+OK\r\n" },
    { when: /^AUTH/, reply: "-WRONGPASS invalid username-password pair\r\n" },
    { when: /^PING/, reply: "+PONG\r\n" },
  ]);
  const servers = {
    "db.example.com:5432": serveConduct(() => undefined),
    "host.example.com:22": serveConduct(services.ssh),
    "mail.example.com:25": serveSmtp(certificate),
    "mail.example.com:143": serveConduct(imapTalk(certificate)),
    "mail.example.com:110": serveConduct(pop3Talk(certificate)),
    "irc.example.com:6667": serveConduct(services.irc),
    "cache.example.com:6379": serveConduct(redis),
  };
  let yaml = example.replaceAll("/run/app", folder.path);
  for (const [address, starting] of Object.entries(servers)) {
    expect(yaml).toContain(`"${address}"`);
    yaml = yaml.replace(address, resources.use(await starting).address);
  }
  for (const name of ["web.sock", "other.socket"])
    resources.use(await serveConduct(talks("ready\n"), { path: `${folder.path}/${name}` }));
  const env = {
    NODE_EXTRA_CA_CERTS: await folder.write("authority.pem", certificate.cert),
    REDIS_PASSWORD: PASSWORD,
  };
  const exporter = resources.use(await startExporter({ yaml, env }));

  const text = await exporter.get("/metrics");
  const verdicts = parseExposition(text).series.filter(({ name }) => name === "probe_success");
  expect(Object.fromEntries(verdicts.map(({ labels, value }) => [labels["target"], value]))).toEqual({
    database: 1,
    ssh: 1,
    mail: 1,
    imap: 1,
    pop3: 1,
    chat: 1,
    cache: 1,
  });
  const version = { target: "ssh", ssh_version: "OpenSSH_9.9p2", ssh_comments: "Debian-1" };
  expect(valueOf(text, "probe_expect_info", version)).toBe(1);
  for (const target of ["mail", "imap", "pop3"])
    expect(valueOf(text, "probe_ssl_earliest_cert_expiry", { target })).toBeGreaterThan(0);

  const socket = (name: string): Promise<string> =>
    exporter.get(`/probe?module=socket_ready&target=${encodeURIComponent(`${folder.path}/${name}`)}`);
  expect(valueOf(await socket("web.sock"), "probe_success")).toBe(1);
  expect(valueOf(await socket("other.socket"), "probe_failure_reason", { reason: "forbidden_target" })).toBe(
    1,
  );

  const shown = `${await exporter.get("/config")}${await exporter.get("/probe?target=cache&debug=true")}`;
  expect(shown).toContain("PONG");
  expect(shown).not.toContain(PASSWORD);
}
