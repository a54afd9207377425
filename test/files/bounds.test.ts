import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { readSmall } from "../../src/files/files.ts";
import { readOnce } from "../../src/files/once.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const MIB = 2 ** 20;

/** Makes a pipe in the folder. */
function makePipe({ path }: TemporaryFolder): string {
  const pipe = join(path, "pipe");
  execFileSync("mkfifo", [pipe]);
  return pipe;
}

/** Runs a shell script that writes to a pipe meanwhile. */
function write(script: string): void {
  const writer = spawn("sh", ["-c", script], { stdio: "ignore" });
  onTestFinished(() => void writer.kill("SIGKILL"));
}

async function makeSocket({ path }: TemporaryFolder): Promise<string> {
  const socket = join(path, "socket");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  return socket;
}

describe.each([
  ["while the exporter runs", async (path: string, most?: number) => readSmall(path, most)],
  ["at once", async (path: string, most?: number) => readOnce(path, most === undefined ? {} : { most })],
])("reading a file %s", (_name, read) => {
  test("returns its content, whatever its size up to the bound", async () => {
    await using folder = await temporaryFolder();
    for (const size of [0, 1, 65_535, 65_536, 65_537, 3 * MIB]) {
      const file = await folder.write(`file-${size}`, "x".repeat(size));
      expect((await read(file, 3 * MIB)).length).toBe(size);
    }
    // Its size is unknown.
    expect((await read("/proc/self/status")).toString()).toContain("VmRSS");
  });

  test("fails for one above the bound, a device without end, a pipe, a socket and a folder", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("large", "x".repeat(MIB + 1));
    await expect(read(file, MIB)).rejects.toThrow("is larger than 1 MiB");
    for (const special of ["/dev/zero", "/dev/null", makePipe(folder)])
      await expect(read(special)).rejects.toThrow("is a device, a pipe or a socket");
    await expect(read(await makeSocket(folder))).rejects.toMatchObject({ code: "ENXIO" });
    await expect(read(folder.path)).rejects.toMatchObject({ code: "EISDIR" });
  });
});

describe("reading a pipe with patience", () => {
  test("waits for its writer and for all of its parts", async () => {
    await using folder = await temporaryFolder();
    const pipe = makePipe(folder);
    write(`sleep 0.3; { printf one; sleep 0.3; printf two; head -c 200000 /dev/zero; } > ${pipe}`);
    const content = readOnce(pipe, { patience: seconds(20) });
    expect(content.length).toBe(200_006);
    expect(content.subarray(0, 6).toString()).toBe("onetwo");
  });

  test("ends if it stays silent, also after a part", async () => {
    await using folder = await temporaryFolder();
    const pipe = makePipe(folder);
    const patience = seconds(0.3);
    expect(() => readOnce(pipe, { patience })).toThrow("is a pipe and was silent for 0.3 s");
    write(`{ printf one; sleep 60; } > ${pipe}`);
    expect(() => readOnce(pipe, { patience: seconds(2) })).toThrow("was silent for 2 s");
  });

  test("has the bound of files", async () => {
    await using folder = await temporaryFolder();
    const pipe = makePipe(folder);
    write(`cat /dev/zero > ${pipe}`);
    const options = { most: MIB, patience: seconds(20) };
    expect(() => readOnce(pipe, options)).toThrow("is larger than 1 MiB");
    expect(() => readOnce("/dev/zero", options)).toThrow("is larger than 1 MiB");
  });
});
