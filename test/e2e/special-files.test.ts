import { execFileSync } from "node:child_process";
import { truncate } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { runMain, startExporter } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** A folder with a pipe that has no writer, a folder, a sparse file of 200 MB, and comments of 17 MiB. */
async function specialFiles() {
  const folder = await temporaryFolder();
  execFileSync("mkfifo", [`${folder.path}/pipe`]);
  execFileSync("mkdir", [`${folder.path}/folder`]);
  await truncate(await folder.write("huge", ""), 200_000_000);
  await folder.write("comments", "# a comment\n".repeat(1_500_000));
  return folder;
}

/** The files by what is said about them. */
const FILES = [
  ["pipe", /a pipe|a device, a pipe or a socket|a special file/],
  ["folder", /a directory/],
  ["huge", /more than \d+ (?:K|M)iB|200000000 bytes/],
  ["/dev/zero", /more than 16 MiB|a device, a pipe or a socket|a special file/],
] as const;

describe.each(FILES)("the file %s", (name, problem) => {
  const pathIn = (folder: string): string => (name.startsWith("/") ? name : `${folder}/${name}`);

  test("ends a start that needs it as its configuration", async () => {
    await using folder = await specialFiles();
    await using ended = runMain(["--web.listen-address=127.0.0.1:0", `--config.file=${pathIn(folder.path)}`]);
    expect((await ended.exited).code).toBe(2);
    expect(ended.output()).toMatch(problem);
  });

  test("ends a start that needs it as its web configuration, or as a certificate in that", async () => {
    await using folder = await specialFiles();
    const config = await folder.write("exporter.yml", "modules: {}\n");
    const web = await folder.write(
      "web.yml",
      `tls_server_config: { cert_file: ${pathIn(folder.path)}, key_file: ${pathIn(folder.path)} }\n`,
    );
    for (const file of [pathIn(folder.path), web]) {
      await using ended = runMain([
        "--web.listen-address=127.0.0.1:0",
        `--config.file=${config}`,
        `--web.config.file=${file}`,
      ]);
      expect((await ended.exited).code).toBe(2);
      expect(ended.output()).toMatch(problem);
    }
  });

  test("is named where a configuration uses it, and what does not need it works", async () => {
    await using folder = await specialFiles();
    const path = pathIn(folder.path);
    await using exporter = await startExporter({
      yaml: `
modules:
  good: { prober: http }
  token: { prober: http, http: { authorization: { credentials_file: "${path}" } } }
  body: { prober: http, http: { method: POST, body_file: "${path}" } }
  ca: { prober: http, http: { tls_config: { ca_file: "${path}" } } }
`,
    });
    const { host } = new URL(exporter.url);
    const probe = (module: string): Promise<string> =>
      exporter.get(`/probe?module=${module}&target=http://${host}/-/healthy`);
    expect(await probe("good")).toContain("\nprobe_success 1\n");
    for (const module of ["token", "body"]) expect(await probe(module)).toContain("\nprobe_success 0\n");
    expect(exporter.process.output()).toMatch(problem);
  });
});

test("a reload with a file of comments, or a pipe, is refused, and nothing waits for it", async () => {
  await using folder = await specialFiles();
  await using exporter = await startExporter({
    yaml: "modules: {}\ncontrol: { token: hush-hush-hush-hush }\n",
  });
  const reload = async (): Promise<readonly [number, string]> => {
    const headers = { Authorization: "Bearer hush-hush-hush-hush" };
    const response = await fetch(`${exporter.url}/-/reload`, { method: "POST", headers });
    return [response.status, await response.text()];
  };
  const config = `${exporter.folder.path}/exporter.yml`;
  for (const [file, problem] of [
    ["comments", "more than 16 MiB"],
    ["pipe", "a device, a pipe or a socket"],
    ["folder", "a directory"],
  ] as const) {
    execFileSync("ln", ["-sfn", `${folder.path}/${file}`, config]);
    const [status, text] = await reload();
    expect([status, text]).toEqual([500, expect.stringContaining(problem)]);
    expect(await exporter.get("/-/healthy")).not.toBe("");
  }
});
