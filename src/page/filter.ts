import type { OverviewQuery } from "./model/overview.ts";
import type { SubjectEntry } from "./state.ts";

/** Returns a test for the subjects that a query leaves. Groups are left only if the query asks for their kind. */
export function filterOf(query: OverviewQuery): (entry: SubjectEntry) => boolean {
  const { statuses, kinds, labels = [], group } = query;
  const text = query.text?.toLowerCase() ?? "";
  const hasText = (one: string): boolean => one.toLowerCase().includes(text);
  return (entry) => {
    if (kinds === undefined ? entry.kind === "group" : !kinds.includes(entry.kind)) return false;
    if (statuses !== undefined && !statuses.includes(entry.status)) return false;
    if (group === "" && entry.groups.length > 0) return false;
    if (group !== undefined && group !== "" && !entry.groups.includes(group)) return false;
    if (!labels.every(([name, value]) => entry.labels[name] === value)) return false;
    if (text === "" || hasText(entry.name) || entry.words.some(hasText)) return true;
    return Object.entries(entry.labels).some(([name, value]) => hasText(`${name}=${value}`));
  };
}
