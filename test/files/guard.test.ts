import { describe, expect, test } from "vitest";
import { FileHangsError, fileError } from "../../src/core/file-errors.ts";
import { seconds } from "../../src/core/units.ts";
import { createFileGuard } from "../../src/files/guard.ts";
import { manualClock } from "../helpers/clock.ts";

const THREADS = 32;

/** A guard whose operations end when the test says so. */
function setUp({ poolAnswers = async () => {} }: { poolAnswers?: () => Promise<void> } = {}) {
  const clock = manualClock();
  const links = new Map<string, string>();
  const texts: string[] = [];
  const guard = createFileGuard({
    clock,
    threads: THREADS,
    poolAnswers,
    mountOf: (path) => {
      const name = path.startsWith("/nfs") ? path.split("/", 2).join("/") : "/";
      return { id: name, name };
    },
    realPath: async (path) => {
      if (path.startsWith("/lost")) await new Promise(() => {});
      return links.get(path) ?? path;
    },
  });
  guard.onChange((text) => texts.push(text));
  const begun: string[] = [];
  const open: { path: string; end: () => void }[] = [];
  const settled = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** Runs an operation that hangs until it is ended. */
  const hang = (path: string, patient = true) => {
    const outcome = guard
      .run(
        path,
        "content",
        () => {
          begun.push(path);
          return new Promise<void>((resolve) => open.push({ path, end: resolve }));
        },
        patient,
      )
      .then(() => "done")
      .catch((error: unknown) => {
        if (!(error instanceof FileHangsError)) throw error;
        return error.message;
      });
    return outcome;
  };
  const read = (path: string) =>
    guard.run(path, "content", async () => "content", true).catch((error: Error) => error.message);
  const endAll = (): void => {
    for (const { end } of open.splice(0)) end();
  };
  return { clock, guard, links, texts, begun, open, hang, read, endAll, settled };
}

describe("a file that hangs", () => {
  test("is refused after a second, with its name and since when, also to those who waited for it", async () => {
    const { clock, guard, hang, read, begun, settled } = setUp();
    void hang("/a");
    const waiting = hang("/a");
    await settled();
    expect(begun).toEqual(["/a"]);
    clock.advance(seconds(1));
    const text = "/a: the file system of /a has not answered since 2025-09-15T13:30:00.000Z";
    expect(await waiting).toBe(text);
    expect(await read("/a")).toBe(text);
    expect(guard.hanging()).toBe(1);
    expect(await read("/b")).toBe("content");
  });

  test("fails an impatient asker, with a reason", async () => {
    const { clock, guard, settled } = setUp();
    const running = guard.run("/a", "content", () => new Promise<void>(() => {}), false).catch(fileError);
    await settled();
    clock.advance(seconds(1));
    expect(await running).toEqual({
      reason: "file_unreadable",
      text: "the file system of /a has not answered since 2025-09-15T13:30:00.000Z",
    });
  });

  test("is not blamed while the threads themselves get no time", async () => {
    const pool: (() => void)[] = [];
    const { clock, guard, texts, hang, endAll, settled } = setUp({
      poolAnswers: () => new Promise((resolve) => pool.push(resolve)),
    });
    const answers = async (): Promise<void> => {
      for (const answer of pool.splice(0)) answer();
      await settled();
    };
    const slow = hang("/a");
    await settled();
    // An answer of the pool that comes late is asked for again until it comes at once.
    for (let i = 0; i < 20; i += 1) {
      clock.advance(seconds(1));
      clock.advance(seconds(0.1));
      await answers();
    }
    expect([guard.hanging(), texts]).toEqual([0, []]);
    endAll();
    expect(await slow).toBe("done");

    const dead = hang("/b");
    await settled();
    clock.advance(seconds(1));
    expect(guard.hanging()).toBe(0);
    await answers();
    expect(guard.hanging()).toBe(1);
    endAll();
    expect(await dead).toBe("done");
    expect(guard.hanging()).toBe(0);

    // An operation that ends while the pool is asked did not hang.
    const late = hang("/c");
    await settled();
    clock.advance(seconds(1));
    endAll();
    expect(await late).toBe("done");
    await answers();
    expect(guard.hanging()).toBe(0);
  });

  test("is read again once it answers", async () => {
    const { clock, guard, texts, hang, read, endAll, settled } = setUp();
    const first = hang("/a");
    await settled();
    clock.advance(seconds(1));
    endAll();
    expect(await first).toBe("done");
    expect(guard.hanging()).toBe(0);
    expect(await read("/a")).toBe("content");
    expect(texts).toEqual([
      "the file system of /a has not answered since 2025-09-15T13:30:00.000Z",
      "the file system of /a answers again",
    ]);
  });

  test("is tried again after 10 s, 20 s and so on, because the operation may hang for ever", async () => {
    const { clock, hang, read, begun, settled } = setUp();
    void hang("/a");
    await settled();
    for (let second = 0; second < 3600; second += 1) {
      clock.advance(seconds(1));
      void hang("/a");
      await settled();
    }
    expect(begun).toHaveLength(9);
    clock.advance(seconds(3600));
    expect(await read("/a")).toBe("content");
    expect(await read("/a")).toBe("content");
  });

  test("is not one whose answer waits for the event loop", async () => {
    const { clock, guard, hang, endAll, settled } = setUp();
    const running = hang("/a", false);
    await settled();
    clock.block(seconds(30));
    clock.advance(seconds(0));
    endAll();
    expect(await running).toBe("done");
    expect(guard.hanging()).toBe(0);
  });
});

describe("a mount that hangs", () => {
  test("has at most an eighth of the threads", async () => {
    const { clock, guard, hang, read, begun, settled } = setUp();
    const all = Array.from({ length: 100 }, (_, i) => hang(`/nfs/file-${i}`));
    await settled();
    expect(begun).toHaveLength(THREADS / 8);
    clock.advance(seconds(1));
    expect(await all.at(-1)).toBe(
      "/nfs/file-99: the mount /nfs has not answered since 2025-09-15T13:30:00.000Z",
    );
    expect(await read("/nfs/other")).toMatch("the mount /nfs has not answered");
    expect(guard.hanging()).toBe(THREADS / 8);
    expect(begun).toHaveLength(THREADS / 8);
    expect(await read("/local")).toBe("content");
  });

  test("is recognized behind symbolic links that were followed before", async () => {
    const { clock, links, hang, read, begun, settled } = setUp();
    for (let i = 0; i < 100; i += 1) {
      links.set(`/link-${i}`, `/nfs/file-${i}`);
      await read(`/link-${i}`);
    }
    for (let i = 0; i < 100; i += 1) void hang(`/link-${i}`);
    await settled();
    clock.advance(seconds(1));
    await settled();
    expect(begun).toHaveLength(THREADS / 8);
    expect(await read("/link-99")).toMatch("/link-99: the mount /nfs has not answered");
  });

  test("does not count as dead while other files of it answer", async () => {
    const { clock, hang, read, settled } = setUp();
    for (let i = 0; i < 6; i += 1) {
      void hang(`/hanging-${i}`);
      await settled();
      clock.advance(seconds(1));
      expect(await read("/good")).toBe("content");
    }
  });
});

test("while more than a third of the threads hang, only files are tried that have answered before", async () => {
  const { clock, guard, read, settled } = setUp();
  await read("/known");
  for (let i = 0; i < 100; i += 1) {
    // Links to a mount that is found to be dead only by following them.
    void read(`/lost-${i}`);
    await settled();
    clock.advance(seconds(1));
    await guard.run("/known", "names", async () => {}, true);
  }
  expect(guard.hanging()).toBe((THREADS * 3) / 8);
  expect(await read("/new")).toBe("/new: not tried while 12 operations on files hang");
  expect(await read("/nfs/new")).toBe("content");
  expect(await read("/known")).toBe("content");
});

test("while three quarters hang, only files of mounts are tried on which nothing hangs", async () => {
  const { clock, guard, hang, read, begun, settled } = setUp();
  await read("/known");
  for (let i = 0; i < 100; i += 1) await read(`/nfs/${i}`);
  for (let i = 0; i < 100; i += 1) {
    void hang(`/nfs/${i}`);
    await settled();
    clock.advance(seconds(1));
    await read("/nfs/99");
  }
  expect(begun).toHaveLength((THREADS * 3) / 4);
  expect(guard.hanging()).toBe((THREADS * 3) / 4);
  expect(await read("/nfs/99")).toBe("/nfs/99: not tried while 24 operations on files hang");
  expect(await read("/known")).toBe("content");
});
