import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";

/** A target that replies, as long as this machine has a `ping` that works. */
export default function start(): Promise<ScrapeFixture> {
  return Promise.resolve({
    modules: "  echo: { prober: icmp, timeout: 5s, probe_details: true }",
    targets: "  - { name: loopback, module: echo, target: 127.0.0.1 }",
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
