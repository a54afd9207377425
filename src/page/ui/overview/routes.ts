import type { RouteChain, RouteLink } from "../../model/overview.ts";
import { usePaths } from "../context.ts";
import { classes, h, type VNode } from "../h.ts";
import { Name } from "../parts/name.ts";
import { StatusShape, statusWord } from "../parts/status.ts";
import { For } from "../parts/time.ts";

/** Shows each route as the chain of its members, with the one in use marked. */
export const Routes = ({ routes }: { readonly routes: readonly RouteChain[] }): VNode | null =>
  routes.length === 0
    ? null
    : h(
        "section",
        { class: "routes", "aria-labelledby": "routes" },
        h("h2", { id: "routes" }, "Routes"),
        h(
          "ul",
          null,
          routes.map((route) => h(Route, { key: route.name, route })),
        ),
      );

function Route({ route }: { readonly route: RouteChain }): VNode {
  const { name, description, use, since, members } = route;
  return h(
    "li",
    { class: classes("route", route.exhausted && "exhausted") },
    h(
      "div",
      null,
      h("h3", null, h(Name, { text: name })),
      description === null ? null : h("p", null, h("bdi", null, description)),
    ),
    h(
      "ol",
      { class: "chain" },
      members.map((member) => h(Link, { key: member.name, member, isUsed: member.name === use })),
    ),
    h("p", { class: "choice" }, choiceOf(route), " ", h(For, { since })),
  );
}

function choiceOf({ use, exhausted, forced, stale }: RouteChain): string {
  if (use === null) return "no member is used";
  if (exhausted) return "no member is usable";
  if (forced) return "forced by an operator";
  return stale ? "last known choice" : "chosen";
}

/** Shows a member: by a frame and by the word "in use", as color is never the only sign. */
function Link({ member, isUsed }: { readonly member: RouteLink; readonly isUsed: boolean }): VNode {
  const { name, kind, status, usable, reason } = member;
  return h(
    "li",
    {
      class: classes("link", isUsed && "used", !usable && "unusable"),
      ...(isUsed ? { "aria-current": "true" } : {}),
    },
    h(
      "a",
      { href: usePaths().subject(kind, name), "aria-label": `${name}, ${statusWord(status)}` },
      h(StatusShape, { status }),
      h(Name, { text: name }),
    ),
    isUsed ? h("strong", null, "in use") : null,
    usable || reason === null ? null : h("span", { class: "why" }, h("bdi", null, reason)),
  );
}
