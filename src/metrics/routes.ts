import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { RouteView } from "../routing/routes.ts";

/** Makes the samples of routes. */
export function* routeSamples(routes: readonly RouteView[]): Generator<Sample> {
  for (const { route, state, members } of routes) {
    const labels = { route: route.name };
    for (const [i, { name: target, usability, excluded }] of members.entries()) {
      const isUsable = usability === "usable" && excluded === undefined;
      yield sample(catalogue.routeSelected, Number(target === state.use), { ...labels, target });
      yield sample(catalogue.routeUsable, Number(isUsable), { ...labels, target });
      yield sample(catalogue.routePosition, i + 1, { ...labels, target });
    }
    yield sample(catalogue.routeChanges, state.changes, labels);
    yield sample(catalogue.routeExhausted, Number(state.exhausted), labels);
    yield sample(catalogue.routeForced, Number(state.forced !== undefined), labels);
    yield sample(catalogue.routeInfo, 1, { ...route.labels, ...labels });
  }
}
