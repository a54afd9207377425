import { setTimeout as pause } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { makeCertificate } from "../../helpers/certificates.ts";
import { type Conduct, serveConduct, serveSecurely, talks } from "../../helpers/line-servers.ts";
import { waitUntil } from "../../helpers/process.ts";
import { type Probed, tcp } from "./probing.ts";

const certificate = makeCertificate({ names: ["DNS:localhost", "IP:127.0.0.1"] });

/** Probes a server with such a conduct by these steps. */
async function converse(conduct: Conduct, steps: readonly object[], signal?: AbortSignal): Promise<Probed> {
  await using server = await serveConduct(conduct);
  return await tcp.probe(
    server.address,
    { query_response: steps, tls_config: { insecure_skip_verify: true } },
    signal === undefined ? {} : { signal },
  );
}

const says =
  (text: string | Buffer): Conduct =>
  (socket) =>
    void socket.end(text);

/** Aborts `signal` as soon as a client has received `text`. */
const saysUntil = (text: string, controller: AbortController): Conduct => {
  return (socket) => socket.write(text, () => setTimeout(() => controller.abort(), 100));
};

describe("the detail of a failure", () => {
  test.each<[string, Conduct, readonly object[], string]>([
    [
      "one line",
      says("550 no\r\n"),
      [{ expect: "^220" }],
      'step 1: no line matches ^220; received a line "550 no", then the connection was closed',
    ],
    [
      "several lines",
      says("a\nb\nc\n"),
      [{ expect: "b" }, { expect: "x" }],
      'step 2: no line matches x; received a line "c", then the connection was closed',
    ],
    [
      "the last of several lines",
      says("a\nb\nc\n"),
      [{ expect: "x" }],
      'received 3 lines, the last "c", then',
    ],
    [
      "nothing",
      says(""),
      [{ expect: "^220" }],
      "step 1: no line matches ^220; received nothing, then the connection was closed",
    ],
    ["control characters", says("\u001b[31mred\0\n"), [{ expect: "x" }], String.raw`"\u{1b}[31mred\u{0}"`],
    ["a long line", says(`${"x".repeat(5000)}\n`), [{ expect: "y" }], `"${"x".repeat(200)}..."`],
    [
      "a line that is too long",
      says("x".repeat(70_000)),
      [{ expect: "y" }],
      "the target sent a line of more than 64 KiB",
    ],
    ["other bytes", says("abc"), [{ expect_bytes: "abd" }], "step 1: want 61 62 64, received 61 62 63"],
    [
      "too few bytes",
      says("ab"),
      [{ expect_bytes: "abd" }],
      "step 1: want 61 62 64, received 61 62, then the connection was closed",
    ],
    [
      "no bytes",
      says(""),
      [{ expect_bytes: "a" }],
      "step 1: want 61, received nothing, then the connection was closed",
    ],
  ])("shows %s", async (_, conduct, steps, detail) => {
    expect((await converse(conduct, steps)).verdict).toContain(detail);
  });

  test("shows at the deadline what has been received", async () => {
    for (const [text, detail] of [
      [
        "hello\npart",
        'received a line "hello", and an unfinished line "part": the target sent nothing more before the deadline',
      ],
      ["part", 'received an unfinished line "part": the target sent'],
    ] as const) {
      const controller = new AbortController();
      const { verdict } = await converse(saysUntil(text, controller), [{ expect: "x" }], controller.signal);
      expect(verdict).toMatch(/^timeout: step 1: no line matches x; /);
      expect(verdict).toContain(detail);
    }
  });

  test("shows a connection that breaks", async () => {
    const resets: Conduct = (socket) => {
      socket.write("par");
      setTimeout(() => socket.resetAndDestroy(), 100);
    };
    const { verdict, series } = await converse(resets, [{ expect: "part" }]);
    expect(verdict).toMatch(
      /^network: step 1: no line matches part; received an unfinished line "par": the connection broke: .*ECONNRESET/,
    );
    expect(series.get("probe_failed_due_to_regex")).toBe(0);
  });
});

describe("bytes", () => {
  test("that cannot become the expected ones fail before the rest arrives", async () => {
    const begin = performance.now();
    const { verdict, series } = await converse(
      (socket) => void socket.write("xb"),
      [{ expect_bytes: "abc" }],
    );
    expect(verdict).toBe("body_mismatch: step 1: want 61 62 63, received 78 62");
    expect(series.get("probe_failed_due_to_bytes")).toBe(1);
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test("may arrive one by one, and after a line with it or without", async () => {
    const slowly: Conduct = async (socket) => {
      for (const piece of ["ok\na", "b", "c", "d\n"]) {
        socket.write(piece);
        await pause(30);
      }
    };
    const steps = [{ expect: "^ok$" }, { expect_bytes: "abc" }, { expect: "^d$" }];
    expect((await converse(slowly, steps)).verdict).toBe("success");
    expect((await converse(says("ok\nabcd\n"), steps)).verdict).toBe("success");
  });
});

describe("what was sent", () => {
  const echo: Conduct = (socket) =>
    void socket.on("data", (chunk) => socket.write(`unknown: ${chunk.toString()}`));
  const controllerAfter = (milliseconds: number): AbortSignal => AbortSignal.timeout(milliseconds);

  test.each([
    ["an echoed line", echo, [{ send: "AUTH hunter22" }, { expect: "^OK" }]],
    [
      "an unfinished line",
      talks("", [{ when: /./, reply: "unknown: AUTH hunte" }]),
      [{ send: "AUTH hunter22" }, { expect: "^OK" }],
    ],
    ["bytes", echo, [{ send: "hunter22" }, { expect_bytes: "unknown: different" }]],
    ["some bytes", echo, [{ send: "hunter22" }, { expect_bytes: "unknown: h0nt" }]],
    ["a line that matches", echo, [{ send: "AUTH hunter22" }, { expect: "unknown" }, { expect: "^OK" }]],
  ] as const)("is not repeated by texts about %s", async (_, conduct, steps) => {
    const { verdict, log } = await converse(conduct, steps, controllerAfter(1000));
    expect(verdict).not.toMatch(/^success/);
    const told = verdict + log.join("\n");
    for (const part of [
      "hunt",
      Buffer.from("hunt")
        .toString("hex")
        .replaceAll(/..(?!$)/g, "$& "),
    ])
      expect(told).not.toContain(part);
  });

  test("is counted by the log", async () => {
    const { log } = await converse(echo, [{ send: "hello" }, { expect: "unknown" }]);
    expect(log).toContain('sent {"step":1,"bytes":6}');
    expect(log.join()).not.toContain("hello");
  });

  test("is not taken by a target that does not read", async () => {
    const controller = new AbortController();
    await using server = await serveConduct((socket) => {
      socket.pause();
      setTimeout(() => controller.abort(), 300);
    });
    const { verdict } = await tcp.probe(
      server.address,
      { query_response: [{ send: "x".repeat(50_000_000) }] },
      { signal: controller.signal },
    );
    expect(verdict).toBe("timeout: step 1: the target did not take what was sent before the deadline");
  });
});

describe("series of labels", () => {
  test("of several steps exist side by side, each once", async () => {
    const label = (name: string, value: string) => [{ name, value }];
    const { series } = await converse(says("a\nb\nc\n"), [
      { expect: "(a)", labels: label("x", "$1") },
      { expect: "(b)", labels: label("y", "$1") },
      { expect: "c", labels: label("x", "a") },
    ]);
    expect([...series.keys()].filter((name) => name.startsWith("probe_expect_info"))).toEqual([
      'probe_expect_info{x="a"}',
      'probe_expect_info{y="b"}',
    ]);
  });

  test("have values of bounded length in UTF-8", async () => {
    const line = Buffer.concat([Buffer.from("\xff", "latin1"), Buffer.from(`${"x".repeat(3000)}\n`)]);
    const { series } = await converse(says(line), [{ expect: "(.*)", labels: [{ name: "v", value: "$1" }] }]);
    const [, value = ""] =
      /^probe_expect_info\{v="(.*)"\}$/.exec(
        [...series.keys()]
          .join("\n")
          .split("\n")
          .find((name) => name.startsWith("probe_expect_info")) ?? "",
      ) ?? [];
    expect(value).toBe(`\ufffd${"x".repeat(999)}`);
  });

  test("of a configured target leave its own labels alone", async () => {
    await using server = await serveConduct(says("a\n"));
    const options = {
      query_response: [
        {
          expect: "a",
          labels: [
            { name: "target", value: "x" },
            { name: "module", value: "y" },
          ],
        },
      ],
    };
    const names = async (configured: boolean) => [
      ...(await tcp.probe(server.address, options, { configured })).series.keys(),
    ];
    expect(await names(false)).toContain('probe_expect_info{target="x",module="y"}');
    expect(await names(true)).toContain('probe_expect_info{exported_target="x",exported_module="y"}');
  });
});

describe("a hostile target", () => {
  test("that sends lines without end does not keep the event loop", async () => {
    const flood: Conduct = (socket) => {
      const more = (): void => {
        while (socket.write("\n".repeat(65_536)));
      };
      socket.on("drain", more);
      more();
    };
    /** CPU time of this thread, in milliseconds: other processes do not count. */
    const worked = (): number => process.threadCpuUsage().user / 1000;
    let longest = 0;
    let last = worked();
    const watching = setInterval(() => {
      const now = worked();
      longest = Math.max(longest, now - last);
      last = now;
    }, 1);
    const { verdict } = await converse(flood, [{ expect: "x" }], AbortSignal.timeout(1000));
    clearInterval(watching);
    expect(verdict).toMatch(/^timeout: step 1: no line matches x; received \d+ lines, the last ""/);
    // A whole chunk of empty lines takes some hundred milliseconds.
    expect(longest).toBeLessThan(60);
  });

  test("that injects lines before the handshake is not believed", async () => {
    const injecting: Conduct = (socket) => {
      socket.write("220 ready\r\n");
      socket.once("data", () => {
        socket.write("220 go\r\n250 injected\r\n");
        const secured = new TLSSocket(socket, { isServer: true, ...certificate });
        secured.on("error", () => socket.destroy());
        secured.end("250 secured\r\n");
      });
    };
    const start = [
      { expect: "^220", send: "STARTTLS" },
      { expect: "^220", starttls: true },
    ];
    expect((await converse(injecting, [...start, { expect: "secured" }])).verdict).toBe("success");
    expect((await converse(injecting, [...start, { expect: "injected" }])).verdict).toMatch(
      /^body_mismatch: step 3: .* received a line "250 secured"/,
    );
  });
});

describe("connections", () => {
  test("are closed at the end, and at the deadline", async () => {
    let open = 0;
    const counts: Conduct = (socket) => {
      open += 1;
      socket.write("hello\n");
      socket
        .resume()
        .on("close", () => (open -= 1))
        .on("end", () => socket.destroy());
    };
    await using plain = await serveConduct(counts);
    await using secure = await serveSecurely(certificate, counts);
    const ended = async (address: string, options: object, signal: AbortSignal): Promise<string> => {
      const { verdict } = await tcp.probe(
        address,
        { tls_config: { insecure_skip_verify: true }, ...options },
        { signal },
      );
      await waitUntil("the connection to be closed", () => (open === 0 ? true : undefined));
      return verdict.split(":")[0] ?? "";
    };
    const waits = { query_response: [{ expect: "x" }] };
    for (const [address, options] of [
      [plain.address, {}],
      [secure.address, { tls: true }],
    ] as const) {
      expect(await ended(address, options, AbortSignal.timeout(5000))).toBe("success");
      expect(await ended(address, { ...options, ...waits }, AbortSignal.timeout(500))).toBe("timeout");
    }
    expect(
      await ended(
        plain.address,
        { query_response: [{ expect: "hello", starttls: true }] },
        AbortSignal.timeout(500),
      ),
    ).toBe("timeout_connect");
  });

  test("over TLS end with a notice", async () => {
    const ends: string[] = [];
    await using server = await serveSecurely(certificate, (socket) => {
      socket
        .on("end", () => ends.push("end"))
        .on("error", (error) => ends.push(error.message))
        .resume();
    });
    await tcp.probe(server.address, { tls: true, tls_config: { insecure_skip_verify: true } });
    await waitUntil("the end of the connection", () => (ends.length > 0 ? true : undefined));
    expect(ends).toEqual(["end"]);
  });
});

test("TLS within TLS works", async () => {
  await using server = await serveSecurely(certificate, (socket) => {
    const inner = new TLSSocket(socket, { isServer: true, ...certificate });
    inner.on("error", () => socket.destroy());
    inner.write("inner\n");
  });
  const { verdict } = await tcp.probe(server.address, {
    tls: true,
    tls_config: { insecure_skip_verify: true },
    query_response: [{ starttls: true }, { expect: "inner" }],
  });
  expect(verdict).toBe("success");
});
