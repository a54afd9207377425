import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { startExporter } from "../helpers/exporter.ts";
import { type Finished, run } from "../helpers/process.ts";

const PROGRAM = join(fileURLToPath(new URL("../..", import.meta.url)), "src/health-check.ts");
const NAME = `@test-${process.pid}`;
const YAML = "modules: { http_2xx: { prober: http } }";

/** Runs the health check of the image. */
const check = (name: string): Promise<Finished> =>
  run([process.execPath, PROGRAM], {
    env: { ...process.env, HEARTBEAT_HEALTH_SOCKET: name },
    deadline: seconds(20),
  });

it("is healthy while the exporter runs, whatever it listens on", async () => {
  const args = ["--web.listen-address=127.0.0.1:0", "--web.route-prefix=/heartbeat"];
  {
    await using exporter = await startExporter({ yaml: YAML, args, env: { HEARTBEAT_HEALTH_SOCKET: NAME } });
    expect(exporter.process.output()).not.toMatch(/level=warn/);
    expect(await check(NAME)).toMatchObject({ code: 0, stdout: "healthy\n" });
    expect(await check(`${NAME}-of-another`)).toMatchObject({ code: 1 });
  }
  expect(await check(NAME)).toMatchObject({
    code: 1,
    stdout: "the exporter cannot be asked: ECONNREFUSED\n",
  });
});

it("says that a second exporter of the same container has no health check, which runs all the same", async () => {
  const env = { HEARTBEAT_HEALTH_SOCKET: `${NAME}-shared` };
  await using first = await startExporter({ yaml: YAML, env });
  await using second = await startExporter({ yaml: YAML, env });
  expect(first.process.output()).not.toMatch(/level=warn/);
  expect(second.process.output()).toMatch(
    /HEARTBEAT_HEALTH_SOCKET: the health check will fail: .*EADDRINUSE/,
  );
});

it.each([
  { name: "", says: "HEARTBEAT_HEALTH_SOCKET is not set; the exporter and its health check need the same\n" },
  {
    name: "/tmp/health.sock",
    says: 'HEARTBEAT_HEALTH_SOCKET: got "/tmp/health.sock", want @NAME, of letters, digits, dots, dashes and underscores\n',
  },
])("names what is wrong with the variable $name", async ({ name, says }) => {
  expect(await check(name)).toMatchObject({ code: 1, stdout: says });
});
