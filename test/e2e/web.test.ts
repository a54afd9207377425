import bcrypt from "bcryptjs";
import { expect, test } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { runMain } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const server = makeCertificate({ names: ["IP:127.0.0.1"] });
const authority = makeCertificate({ subject: [["CN", "clients"]], authority: true });
const client = makeCertificate({ subject: [["CN", "scraper"]], names: ["DNS:scraper"], issuer: authority });

const WEB = `
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: clients.crt
basic_auth_users:
  prometheus: ${bcrypt.hashSync("open", 10)}
`;

test.each(["bookworm", "newest"] as const)(
  "admits a real Prometheus (%s) and the command line with certificate and password",
  async (version) => {
    await using target = await serveHttp((_request, response) => void response.end("fine"));
    await using folder = await temporaryFolder();
    const files = {
      "exporter.yml": `modules: { http_2xx: { prober: http, timeout: 10s } }\ntargets: [{ name: one, module: http_2xx, target: "http://${target.host}/", interval: 1s }]`,
      "web.yml": WEB,
      "server.crt": server.cert,
      "server.key": server.key,
      "clients.crt": authority.cert,
      "client.crt": client.cert,
      "client.key": client.key,
      password: "open\n",
    };
    for (const [name, content] of Object.entries(files)) await folder.write(name, content);
    await using exporter = runMain([
      "serve",
      "--web.listen-address=127.0.0.1:0",
      `--config.file=${folder.path}/exporter.yml`,
      `--web.config.file=${folder.path}/web.yml`,
    ]);
    const [, url = ""] = await exporter.waitForOutput(/heartbeat-exporter listens.*? address=(https:\S+)/);

    const access = `
    scheme: https
    tls_config: { ca_file: ${folder.path}/server.crt, cert_file: ${folder.path}/client.crt, key_file: ${folder.path}/client.key }
    basic_auth: { username: prometheus, password_file: ${folder.path}/password }`;
    await using prometheus = await startPrometheus({
      version,
      config: `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: heartbeat${access}
    static_configs: [{ targets: ["${new URL(url).host}"] }]
  - job_name: anonymous
    scheme: https
    tls_config: { ca_file: ${folder.path}/server.crt, cert_file: ${folder.path}/client.crt, key_file: ${folder.path}/client.key }
    static_configs: [{ targets: ["${new URL(url).host}"] }]
  - job_name: heartbeat-targets${access}
    http_sd_configs:
      - url: "${url}/sd"
        refresh_interval: 1s
        tls_config: { ca_file: ${folder.path}/server.crt, cert_file: ${folder.path}/client.crt, key_file: ${folder.path}/client.key }
        basic_auth: { username: prometheus, password_file: ${folder.path}/password }
`,
    });
    await prometheus.queryUntil("count(count_over_time(up[1m]) >= 3) == 3");
    const up = await prometheus.queryUntil(
      "up",
      (found) => found.filter(({ value }) => value === 1).length === 2,
    );
    expect(Object.fromEntries(up.map(({ metric, value }) => [metric["job"], value]))).toEqual({
      heartbeat: 1,
      "heartbeat-targets": 1,
      anonymous: 0,
    });
    expect((await prometheus.targets()).find(({ health }) => health === "down")?.lastError).toContain("401");

    const remote = [
      `--url=${url}`,
      `--http.ca-file=${folder.path}/server.crt`,
      `--http.cert-file=${folder.path}/client.crt`,
      `--http.key-file=${folder.path}/client.key`,
      "--http.username=prometheus",
      `--http.password-file=${folder.path}/password`,
    ];
    await using dashboard = runMain(["dashboard", ...remote]);
    expect({ ...(await dashboard.exited), stderr: dashboard.stderr() }).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(JSON.parse(dashboard.stdout())).toMatchObject({ summary: { total_services: 1 } });

    exporter.kill("SIGTERM");
    expect(await exporter.exited).toEqual({ code: 0, signal: null });
  },
);

test("fails to start with a bad web configuration, also with --config.check", async () => {
  await using folder = await temporaryFolder();
  const args = [
    `--config.file=${await folder.write("exporter.yml", "modules: { http_2xx: { prober: http } }")}`,
    `--web.config.file=${await folder.write("web.yml", "basic_auth_users: { alice: in-clear }")}`,
  ];
  for (const more of [[], ["--config.check"]]) {
    await using run = runMain([...args, ...more]);
    // An invalid configuration is the result of a check, and wrong use otherwise.
    expect((await run.exited).code).toBe(more.length === 0 ? 2 : 1);
    expect(run.stderr()).toContain("web.yml:1:28: basic_auth_users.alice: got <secret>, want");
    expect(run.stderr()).not.toContain("in-clear");
  }
});
