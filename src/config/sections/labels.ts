import { alternatives } from "../document/describe.ts";
import { childOf } from "../document/schema-errors.ts";
import type { Path } from "../document/tree.ts";
import type { BuildContext } from "./modules.ts";

/** Complains about labels of `value`, the entry at `path`, that would hide others of the same series. */
export function checkLabels(
  value: unknown,
  path: Path,
  reserved: ReadonlySet<string>,
  { report }: BuildContext,
): void {
  const labels = childOf(value, "labels");
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) return;
  for (const name of Object.keys(labels)) {
    if (!reserved.has(name) && !name.startsWith("__")) continue;
    const others = `${alternatives([...reserved])}, and nothing that starts with __`;
    report.problem({
      path: [...path, "labels", name],
      got: "a reserved label",
      want: `another name than ${others}`,
      aboutKey: true,
    });
  }
}
