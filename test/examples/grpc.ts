import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serverCredentials, startHealthServer } from "../helpers/grpc-servers.ts";

const TOKEN = "token-of-the-test";

/** Probes real servers of gRPC with `grpc.yml`. */
export async function testGrpc(): Promise<void> {
  const certificate = makeCertificate({ names: ["DNS:localhost"], authority: true });
  const { cert, key } = certificate;
  const authorized: unknown[] = [];
  await using plain = await startHealthServer((service) => (service === "" ? 1 : 2));
  await using secure = await startHealthServer((service) => (service === "shop.Orders" ? 1 : 2), {
    credentials: serverCredentials(certificate, cert),
  });
  await using guarded = await startHealthServer((service) => (service === "shop.Payments" ? 1 : 2), {
    onRequest: ({ metadata }) => authorized.push(metadata["authorization"]),
  });
  const yaml = readFileSync(new URL("../../examples/grpc.yml", import.meta.url), "utf8")
    .replace("inventory.example.com:50051", `localhost:${plain.port}`)
    .replace("orders.example.com:50051", `localhost:${secure.port}`)
    .replace("payments.example.com:50051", `localhost:${guarded.port}`)
    .replaceAll("/etc/heartbeat-exporter/", "");
  await using exporter = await startExporter({
    yaml,
    files: { "ca.pem": cert, "client.pem": cert, "client.key": key },
    env: { PAYMENTS_TOKEN: TOKEN },
  });
  const text = await exporter.get("/metrics");
  for (const target of ["inventory", "orders", "payments"])
    expect([target, valueOf(text, "probe_success", { target })]).toEqual([target, 1]);
  expect(valueOf(text, "probe_ssl_earliest_cert_expiry", { target: "orders" })).toBeGreaterThan(0);
  expect(authorized[0]).toBe(`Bearer ${TOKEN}`);
  expect(await exporter.get("/config")).not.toContain(TOKEN);
}
