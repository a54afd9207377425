import type { Request } from "express";
import type { GroupReading } from "../groups/groups.ts";
import type { Deps } from "./deps.ts";

/** Which group a health route is about. */
export type ChosenGroup =
  | { readonly kind: "group"; readonly reading: GroupReading }
  /** Neither the request nor the configuration names one. */
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly text: string };

/** The group that a health route is about: `?group=`, or that of the configuration. */
export function chooseGroup({ current, health }: Deps, req: Request): ChosenGroup {
  const asked = new URL(req.url, "http://localhost").searchParams.get("group");
  const name = asked ?? current().healthGroup;
  if (name === undefined) return { kind: "none" };
  const reading = health.group(name);
  if (reading !== undefined) return { kind: "group", reading };
  const known = [...current().groups.keys()].join(", ");
  const want = known === "" ? "a group, of which none is configured" : `one of: ${known}`;
  return { kind: "refused", text: `group: got ${JSON.stringify(name)}, want ${want}` };
}
