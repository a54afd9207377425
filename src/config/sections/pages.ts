import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Group } from "../../core/group.ts";
import { PUBLIC_DETAILS, type PublicPage, RESERVED_SEGMENTS } from "../../core/public-page.ts";
import type { BuildContext } from "../context.ts";
import type { Raw } from "../document/defaults.ts";
import { wantedName } from "../document/describe.ts";
import { childOf, itemsOf, type Path } from "../document/tree.ts";
import { word } from "./schema-words.ts";

const pageSchema = {
  type: "object",
  description: "A page for people outside: chosen groups, and nothing else.",
  properties: {
    path: {
      ...word,
      description:
        "Path of the page below the route prefix, such as `/public`; the same with `.json` returns its data. Not one that a route of the exporter has.",
    },
    title: { ...word, maxLength: 200, description: "Heading of the page. Default: `Status`." },
    groups: {
      type: "array",
      items: word,
      uniqueItems: true,
      minItems: 1,
      description: "Names of the groups to show, in this order. Members of their members are not shown.",
    },
    show: {
      type: "array",
      items: { type: "string", enum: PUBLIC_DETAILS },
      uniqueItems: true,
      description:
        "Shown beside names, statuses and uptimes: `addresses` of targets, without user, password and query; `reasons` of failures, a word such as `http_status`; `latency`.",
    },
    announcement: { ...word, maxLength: 2000, description: "A text at the top of the page." },
  },
  required: ["path", "groups"],
  additionalProperties: false,
} as const satisfies JSONSchema;

type RawPage = Raw<typeof pageSchema>;

/** The section `pages`. */
export const pagesSchema = {
  type: "array",
  items: pageSchema,
  description: "Pages that show chosen groups to people outside.",
} as const satisfies JSONSchema;

/** Segments of letters and digits that need no encoding in a URL. */
const PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;

/** Builds the public pages, or none if one of them has problems. */
export function buildPages(groups: readonly Group[], context: BuildContext): readonly PublicPage[] {
  const { raw, problems } = context;
  const names = groups.map(({ name }) => name);
  const pages = itemsOf(childOf(raw, "pages"));
  const taken = new Set<string>();
  for (const [i, page] of pages.entries()) {
    const path: Path = ["pages", i];
    checkPath(childOf(page, "path"), [...path, "path"], taken, context);
    if (!problems.isBroken(["groups"]))
      checkGroups(childOf(page, "groups"), [...path, "groups"], names, context);
  }
  if (problems.isBroken(["pages"])) return [];
  return (pages as readonly RawPage[]).map(
    ({ path, title = "Status", groups: own, show = [], announcement }) => ({
      path,
      title,
      groups: own,
      show: new Set(show),
      ...defined({ announcement }),
    }),
  );
}

function checkPath(value: unknown, path: Path, taken: Set<string>, { problems }: BuildContext): void {
  if (typeof value !== "string") return;
  const [, first = ""] = value.split("/");
  if (!PATH.test(value) || value.endsWith(".json")) {
    const want =
      "a path such as /public: a slash before each part of letters, digits, . _ ~ and -, without .json at the end";
    problems.add({ path, want });
  } else if (RESERVED_SEGMENTS.has(first)) {
    problems.add({ path, want: `a path that no route of the exporter has, such as /public${value}` });
  } else if (taken.has(value)) {
    problems.add({ path, want: "a path that no other page has" });
  }
  taken.add(value);
}

function checkGroups(value: unknown, path: Path, names: readonly string[], { problems }: BuildContext): void {
  for (const [i, name] of itemsOf(value).entries()) {
    if (typeof name !== "string" || names.includes(name)) continue;
    problems.add({ path: [...path, i], want: wantedName("the name of a group", name, names) });
  }
}
