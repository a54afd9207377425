import { appendFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveHttp } from "../../helpers/http-targets.ts";
import { expectNoLeak } from "../../helpers/resources.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { beat, start } from "./support.ts";

test("a log that is written, rotated, truncated and removed again and again leaves no descriptor", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const probing = start({ paths: [folder.path] });
  let count = 1;
  const verdicts = new Set<string>();
  const probe = async (): Promise<void> => {
    verdicts.add((await probing.probe(file)).verdict);
  };
  const run = async (): Promise<void> => {
    await appendFile(file, beat((count += 1)));
    await probe();
    await rename(file, join(folder.path, "app.log.1"));
    await probe();
    await writeFile(file, beat((count += 1)));
    await probe();
    await writeFile(file, beat((count += 1)));
    await probe();
    await rm(file);
    await probe();
    await writeFile(file, beat((count += 1)));
    await probe();
  };
  await expectNoLeak(run);
  expect(verdicts).toEqual(new Set(["ok", "file_missing"]));
});

test("a module that has ended holds no file open", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  await expectNoLeak(async () => {
    const probing = start({ paths: [folder.path] });
    expect((await probing.probe(file)).verdict).toBe("ok");
    probing.dispose();
  });
});

test("a remote log leaves no socket", async () => {
  await using server = await serveHttp((_request, response) => void response.end(beat(1)));
  const probing = start({ paths: [] });
  await expectNoLeak(
    async () => {
      expect((await probing.probe(`http://${server.host}/app.log`)).verdict).toBe("ok");
    },
    () => ({ connections: server.sockets.size }),
  );
});
