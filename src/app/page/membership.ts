import type { Group } from "../../core/group.ts";
import type { Components } from "../../groups/components.ts";
import type { SubjectRef } from "../../page/state.ts";

/** Names of the groups of each subject of one configuration. */
type Memberships = ReadonlyMap<string, readonly string[]>;

const NO_GROUPS: readonly string[] = [];

const keyOf = ({ kind, name }: SubjectRef): string => `${kind}/${name}`;

/** Returns a function that finds the groups of a subject: those that name it, and the one that a component's report joins. */
export function createMembership(
  groups: () => ReadonlyMap<string, Group>,
  components: Pick<Components, "list">,
): (subject: SubjectRef) => readonly string[] {
  let known: { readonly groups: ReadonlyMap<string, Group>; readonly byKey: Memberships } | undefined;
  const memberships = (): Memberships => {
    const current = groups();
    if (known?.groups !== current) known = { groups: current, byKey: membershipsOf(current.values()) };
    return known.byKey;
  };
  return (subject) => {
    const named = memberships().get(keyOf(subject)) ?? NO_GROUPS;
    if (subject.kind !== "component") return named;
    const joined = components.list().find(({ name }) => name === subject.name)?.group;
    return joined === undefined || named.includes(joined) ? named : [...named, joined];
  };
}

function membershipsOf(groups: Iterable<Group>): Memberships {
  const byKey = new Map<string, string[]>();
  for (const { name, members } of groups) {
    for (const member of members) {
      const key = keyOf(member);
      const own = byKey.get(key);
      if (own === undefined) byKey.set(key, [name]);
      else own.push(name);
    }
  }
  return byKey;
}
