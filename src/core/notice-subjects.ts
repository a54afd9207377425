import { defined } from "./defined.ts";
import type { Group } from "./group.ts";
import type { NoticeSubject } from "./notice.ts";
import type { PushHeartbeat } from "./push-heartbeat.ts";
import type { Route } from "./route.ts";
import type { Target } from "./target.ts";

// Facts about the subjects of notices that rules match. An owner is configured, or the label `owner`.

/** Returns a target as the subject of notices. */
export const targetSubject = ({ name, critical, labels }: Target): NoticeSubject => ({
  kind: "target",
  name,
  critical,
  labels,
  ...defined({ owner: labels["owner"] }),
});

/** Returns a heartbeat as the subject of notices. */
export const heartbeatSubject = ({
  name,
  kind: word,
  critical,
  labels,
  owner = labels["owner"],
}: PushHeartbeat): NoticeSubject => ({
  kind: "heartbeat",
  name,
  word,
  critical,
  labels,
  ...defined({ owner }),
});

/** Returns a group as the subject of notices. It is critical if a member is. */
export const groupSubject = ({ name, labels, members }: Group): NoticeSubject => ({
  kind: "group",
  name,
  critical: members.some(({ critical }) => critical),
  labels,
  ...defined({ owner: labels["owner"] }),
});

/** Returns a component as the subject of notices. It is critical if it is for one of the groups. */
export const componentSubject = (name: string, groups: Iterable<Group>): NoticeSubject => ({
  kind: "component",
  name,
  critical: [...groups].some(({ members }) =>
    members.some((member) => member.kind === "component" && member.name === name && member.critical),
  ),
  labels: {},
});

/** Returns a route as the subject of notices. */
export const routeSubject = ({ name, labels }: Route): NoticeSubject => ({
  kind: "route",
  name,
  critical: false,
  labels,
  ...defined({ owner: labels["owner"] }),
});
