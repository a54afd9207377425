import type { BuildContext } from "../context.ts";
import { alternatives } from "../document/describe.ts";
import { childOf, isMapValue } from "../document/tree.ts";
import type { Entry } from "./entries.ts";

/** Reports labels of an entry that would overwrite labels which the exporter or Prometheus adds to the same series. */
export function checkLabels(
  { value, path }: Entry,
  reserved: ReadonlySet<string>,
  { problems }: BuildContext,
): void {
  const labels = childOf(value, "labels");
  if (!isMapValue(labels)) return;
  for (const name of Object.keys(labels)) {
    if (!reserved.has(name) && !name.startsWith("__")) continue;
    problems.add({
      path: [...path, "labels", name],
      got: "a reserved label",
      want: `another name than ${alternatives([...reserved])}, and no name that starts with __`,
      aboutKey: true,
    });
  }
}
