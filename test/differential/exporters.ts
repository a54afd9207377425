import { startBlackbox } from "../helpers/blackbox.ts";
import { startExporter } from "../helpers/exporter.ts";
import type { Case } from "./case.ts";
import { slugOf } from "./case.ts";
import { differences, type Observation, verdictOf } from "./compare.ts";
import { startWorld } from "./world.ts";

/** Both exporters, with the same modules. */
export interface Exporters extends AsyncDisposable {
  /** Returns the log of this exporter. */
  readonly log: () => string;
  /** Compares the responses of both exporters to a case: once, or before and after its `between`. */
  compare(each: Case): Promise<{ readonly verdict: string | number; readonly lines: readonly string[] }>;
}

/** Returns the environment of both exporters, for `proxy_from_environment`. */
const envWith = (proxy: string): Record<string, string> => ({
  HTTP_PROXY: proxy,
  HTTPS_PROXY: proxy,
  NO_PROXY: "192.0.2.99,direct.example",
  http_proxy: "",
  https_proxy: "",
  no_proxy: "",
});

/** Starts the targets and both exporters. */
export async function startExporters(cases: readonly Case[], viaProxy: Case): Promise<Exporters> {
  await using resources = new AsyncDisposableStack();
  const world = resources.use(await startWorld(cases));
  const { yaml } = world;
  const env = envWith(world.placeOf(viaProxy).origin("proxy"));
  const [theirs, ours] = await Promise.all([
    startBlackbox({ version: "newest", config: yaml, env }).then((each) => resources.use(each)),
    startExporter({ yaml, env, files: { "beside.txt": "beside the configuration" } }).then((each) =>
      resources.use(each),
    ),
  ]);
  const owned = resources.move();

  const observe = async (url: string, each: Case): Promise<Observation> => {
    const place = world.placeOf(each);
    const response = await fetch(`${url}${pathOf(each, place)}`, { headers: each.headers ?? {} });
    const text = await response.text();
    return { status: response.status, text, requests: world.take(each) };
  };
  return {
    log: () => ours.process.output(),
    async compare(each) {
      const how = { slow: each.slow === true, agent: each.agent === true };
      const before = await observe(theirs.url, each);
      const after = await observe(ours.url, each);
      const lines = differences(before, after, how);
      if (each.between !== undefined) {
        await each.between(world.placeOf(each));
        const [again, andAgain] = [await observe(theirs.url, each), await observe(ours.url, each)];
        lines.push(...differences(again, andAgain, how).map((line) => `again: ${line}`));
      }
      return { verdict: verdictOf(before.text) ?? before.status, lines };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function pathOf(each: Case, place: Parameters<NonNullable<Case["target"]>>[0]): string {
  if (each.ask !== undefined) return each.ask(place);
  const target = each.target?.(place) ?? place.url(each.at ?? "http", each.host) + (each.path ?? "");
  const query = new URLSearchParams();
  const parameters = { target, module: slugOf(each), ...each.parameters?.(place) };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return `/probe?${query.toString()}`;
}
