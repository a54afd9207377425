import { Document } from "yaml";
import type { Groups } from "./groups.ts";
import type { HttpModules } from "./http-modules.ts";

/** The parts of a converted configuration. */
interface Parts {
  readonly modules: HttpModules;
  readonly groups: Groups;
  readonly targets: readonly object[];
  readonly heartbeats: readonly object[];
  readonly channels: readonly object[];
}

/** Builds a configuration from its parts. Sections without entries are left out. */
export const documentOf = ({ modules, groups, targets, heartbeats, channels }: Parts): Document =>
  new Document({
    modules: modules.all(),
    targets,
    ...(heartbeats.length === 0 ? {} : { heartbeats }),
    ...groups.section(),
    ...(channels.length === 0 ? {} : { notify: channels }),
  });
