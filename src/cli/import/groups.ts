import { createNames } from "./names.ts";

/** Groups of targets and heartbeats, by their names in another program. */
export interface Groups {
  add(group: string, member: string): void;
  /** Returns the section `groups`; empty without any. */
  section(): { readonly groups?: readonly object[] };
}

/** Creates groups without any. A group cannot have the name of a member, so each gets `group-` before it. */
export function createGroups(): Groups {
  const members = new Map<string, string[]>();
  return {
    add(group, member) {
      const list = members.get(group) ?? [];
      list.push(member);
      members.set(group, list);
    },
    section() {
      const nameOf = createNames();
      const groups = Array.from(members, ([name, list]) => ({
        name: nameOf(`group-${name}`),
        members: list,
      }));
      return groups.length === 0 ? {} : { groups };
    },
  };
}
