import { checkOutBaseline } from "./baseline.ts";
import { cpuSeconds, rssMib } from "./cpu.ts";
import { startMeasured } from "./measured-exporter.ts";
import { median, print } from "./statistics.ts";

const TARGETS = 10_000;
const ROUNDS = 3;

/** Reloads of 10,000 targets: the longest gap of the event loop, time and CPU, beside an earlier commit. */
export async function reload(): Promise<void> {
  await using baseline = await checkOutBaseline();
  await measure(`commit ${baseline.commit}`, baseline.root);
  await measure("this commit");
}

/** A configuration of 10,000 targets, which are probed only when a scrape asks. */
function configuration(round: number): string {
  const targets = Array.from({ length: TARGETS }, (_, i) => {
    const label = i === 0 ? `round-${round}` : `rack-${i % 100}`;
    return `  - name: target-${i}\n    module: web\n    target: http://10.0.${i >> 8}.${i & 255}:9100/health\n    labels: { rack: ${label} }\n`;
  });
  return `modules: { web: { prober: http, timeout: 5s } }\ncontrol: { token_file: token }\ntargets:\n${targets.join("")}`;
}

async function measure(name: string, root?: string): Promise<void> {
  await using exporter = await startMeasured(configuration(0), { token: "secret\n" }, root);
  const { url, process, folder } = exporter;
  const post = async (): Promise<void> => {
    const headers = { authorization: "Bearer secret" };
    const response = await fetch(`${url}/-/reload`, { method: "POST", headers });
    if (!response.ok) throw new Error(await response.text());
  };
  const round = async (act: () => Promise<unknown>) => {
    await exporter.gap();
    const [begin, cpu] = [performance.now(), cpuSeconds(process.pid)];
    await act();
    const took = performance.now() - begin;
    const { gap: longest, cpu: busiest } = await exporter.gap();
    return { longest, busiest, took, cpu: (cpuSeconds(process.pid) - cpu) * 1000 };
  };
  const report = async (what: string, act: (i: number) => Promise<unknown>): Promise<void> => {
    const rounds: Awaited<ReturnType<typeof round>>[] = [];
    for (let i = 1; i <= ROUNDS; i += 1) rounds.push(await round(() => act(i)));
    const ms = (of: "longest" | "busiest" | "took" | "cpu"): string =>
      `${median(rounds.map((one) => one[of])).toFixed(0)} ms`;
    const worst = Math.max(...rounds.map(({ busiest }) => busiest)).toFixed(0);
    print(
      `${name}: ${what}, median of ${ROUNDS}`,
      `gap ${ms("longest")}, CPU in a gap ${ms("busiest")} (most ${worst} ms), time ${ms("took")}, CPU ${ms("cpu")}`,
    );
  };
  await report("unchanged file", post);
  await report("changed file", async (i) => {
    await folder.write("exporter.yml", configuration(i));
    await post();
  });
  await report("5 requests for a reload of a changed file", async (i) => {
    await folder.write("exporter.yml", configuration(ROUNDS + i));
    await Promise.all(Array.from({ length: 5 }, post));
  });
  await report("GET /config", async () => (await fetch(`${url}/config`)).text());
  print(`${name}: RSS after it`, `${rssMib(process.pid).toFixed(0)} MiB`);
}
