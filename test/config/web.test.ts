import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/document/problems.ts";
import { loadWebConfig } from "../../src/config/web/config.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const FOLDER = join(import.meta.dirname, "../bad-web-configs");
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".yml"));

function messageOf(path: string): string {
  try {
    loadWebConfig(path);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`${path} loads`);
}

describe("the file of --web.config.file", () => {
  test.each(FILES)("is rejected with every problem: %s", async (name) => {
    const message = messageOf(join(FOLDER, name)).replaceAll(`${FOLDER}/`, "");
    await expect(`${message}\n`).toMatchFileSnapshot(join(FOLDER, `${basename(name, ".yml")}.txt`));
    expect(message).not.toMatch(/hunter2|very-secret/);
  });

  test("is rejected if it is missing", () => {
    expect(messageOf("/nowhere/web.yml")).toBe(
      "/nowhere/web.yml: got no such file, want a readable YAML file",
    );
  });

  test("has no options if it is empty", async () => {
    await using folder = await temporaryFolder();
    const web = loadWebConfig(await folder.write("web.yml", "# later\n"));
    expect(web).toMatchObject({ headers: {}, warnings: [] });
    expect(web.tls).toBeUndefined();
    expect(web.users.size).toBe(0);
  });

  test("accepts the format that exporter-toolkit documents", async () => {
    await using folder = await temporaryFolder();
    const server = makeCertificate();
    await folder.write("server.crt", server.cert);
    await folder.write("server.key", server.key);
    const web = loadWebConfig(
      await folder.write(
        "web.yml",
        `
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: server.crt
  client_allowed_sans: [prometheus.example.com]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
basic_auth_users:
  alice: $2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze
  bob: $2y$10$hLqFl9jSjoAAy95Z/zw8Ye8wkdMBM8c5Bn1ptYqP/AXyV0.oy0S8m
rate_limit:
  interval: "1s"
  burst: 20
`,
      ),
    );
    expect(web.tls).toMatchObject({
      clients: "verified",
      allowedNames: ["prometheus.example.com"],
      context: {
        cert: server.cert,
        ca: server.cert,
        minVersion: "TLSv1.2",
        maxVersion: "TLSv1.3",
        ciphers: "ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256",
        honorCipherOrder: false,
        ecdhCurve: "X25519:P-256",
      },
    });
    expect([...web.users.keys()]).toEqual(["alice", "bob"]);
    expect(web.rateLimit).toEqual({ interval: 1, burst: 20 });
    expect(web.headers).toEqual({
      "Strict-Transport-Security": "max-age=31536000",
      "X-Frame-Options": "deny",
    });
    expect(web.warnings.join("\n")).toContain("HTTP/2 is not served");
  });
});
