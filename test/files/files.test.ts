import { expect, test } from "vitest";
import { readSmall } from "../../src/files/files.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

test("a folder is refused, and the refusal reaches the caller alone", async () => {
  await using folder = await temporaryFolder();
  for (let i = 0; i < 20; i += 1)
    await expect(readSmall(folder.path)).rejects.toMatchObject({ code: "EISDIR" });
});
