import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandsHelp, flagsHelp } from "../../src/cli/flags.ts";
import { runMain } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** Arguments with which each command succeeds, ends with a bad result, and needs a valid configuration. */
interface Uses {
  readonly good: readonly string[];
  readonly bad?: readonly string[];
  /** `CONFIG` is replaced by an invalid configuration. */
  readonly invalid?: readonly string[];
}

const COMMANDS: Readonly<Record<string, Uses>> = {
  init: {
    good: ["--for=models", "--output=-"],
    bad: ["--machine=nas", "--output=/nowhere/x"],
  },
  probe: { good: ["--config.file=UP"], bad: ["--config.file=DOWN"], invalid: ["--config.file=CONFIG"] },
  report: {
    good: ["--storage.path=STORE", "--color=always"],
    bad: ["--storage.path=FOLDER/none.db"],
    invalid: ["--storage.path=STORE", "--config.file=CONFIG"],
  },
  dashboard: {
    good: ["--config.file=UP"],
    bad: ["--url=http://127.0.0.1:1"],
    invalid: ["--config.file=CONFIG"],
  },
  "config check": { good: ["--config.file=UP"], bad: ["--config.file=CONFIG"] },
  "config print": { good: ["--config.file=UP"], invalid: ["--config.file=CONFIG"] },
  "config schema": { good: [] },
  "config import": { good: ["FOLDER/health.json"], bad: ["FOLDER/health.json", "--output=/nowhere/x"] },
  estimate: { good: ["--config.file=UP"], invalid: ["--config.file=CONFIG"] },
  pack: { good: ["--out=FOLDER/pack"], bad: ["--out=/dev/null/x"] },
  parse: {
    good: ["FOLDER/app.log"],
    bad: ["FOLDER/empty.log"],
    invalid: ["FOLDER/app.log", "--config.file=CONFIG"],
  },
  backup: {
    good: ["--storage.path=STORE", "FOLDER/copy.db"],
    bad: ["--storage.path=FOLDER/none.db", "FOLDER/x.db"],
  },
  restore: {
    good: ["STORE", "--storage.path=FOLDER/restored.db"],
    bad: ["FOLDER/none.db", "--storage.path=FOLDER/y.db"],
  },
  "notify test": { good: ["--help"], invalid: ["--config.file=CONFIG"] },
  help: { good: ["config", "check"] },
  version: { good: [] },
  completion: { good: ["bash"] },
  serve: {
    good: ["--config.file=UP", "--config.check"],
    bad: ["--config.file=CONFIG", "--config.check"],
    invalid: ["--config.file=CONFIG"],
  },
  "": {
    good: ["--version"],
    bad: ["--config.file=CONFIG", "--config.check"],
    invalid: ["--config.file=CONFIG"],
  },
};

const commands = [...commandsHelp().map(([words]) => words), "serve", ""];

describe("exit codes", () => {
  test.each(commands)("of the command '%s' follow the rule", async (words) => {
    const uses = COMMANDS[words];
    if (uses === undefined) throw new Error(`write uses of ${words} into this test`);
    await using folder = await temporaryFolder();
    await using server = await serveHttp((request, response) => {
      response.writeHead(request.url === "/good" ? 200 : 500).end();
    });
    const target = (path: string) =>
      `modules: { web: { prober: http, timeout: 5s } }\ntargets: [{ name: a, module: web, target: "http://${server.host}${path}" }]\n`;
    await folder.write("health.json", '{"services": [{"name": "a", "url": "http://x"}]}');
    await folder.write(
      "app.log",
      '{"event": "HEARTBEAT - System Statistics", "heartbeat_count": 1, "uptime_seconds": 1}\n',
    );
    await folder.write("empty.log", "nothing\n");
    const files: Readonly<Record<string, string>> = {
      UP: await folder.write("up.yml", target("/good")),
      DOWN: await folder.write("down.yml", target("/bad")),
      CONFIG: await folder.write("bad.yml", "modules: 5\n"),
      STORE: join(folder.path, "store.db"),
      FOLDER: folder.path,
    };
    await (await openTestStore(join(folder.path, "store.db"))).store.close();
    const codeOf = async (args: readonly string[]): Promise<number | null> => {
      const filled = args.map((arg) => arg.replace(/[A-Z]{2,}/, (name) => files[name] ?? name));
      await using run = runMain([...words.split(" ").filter((word) => word !== ""), ...filled]);
      return (await run.exited).code;
    };
    const codes = {
      help: await codeOf(["--help"]),
      wrong: await codeOf(["--nonsense"]),
      good: await codeOf(uses.good),
      bad: uses.bad === undefined ? 1 : await codeOf(uses.bad),
      invalid: uses.invalid === undefined ? 2 : await codeOf(uses.invalid),
    };
    expect(codes).toEqual({ help: 0, wrong: 2, good: 0, bad: 1, invalid: 2 });
  });

  test.each([["", flagsHelp()] as const, ...commandsHelp()])(
    "of '%s' are in its help by the rule",
    (_words, help) => {
      const [line = ""] = /^Exit code: .*(?:\n(?!\n).*)*/m.exec(help) ?? [];
      expect(line).toMatch(/^Exit code: 0 .+[,;]\s(?:1 .+[,;]\s)?2 wrong flags/s);
    },
  );
});
