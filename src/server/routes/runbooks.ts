import type { Request, Response } from "express";
import { refuse } from "../refuse.ts";
import type { RouteContext } from "../route-context.ts";
import { RUNBOOK_HEADERS, runbookList, runbookPage } from "../runbook-page.ts";

/** `GET /runbooks/`: the list of runbooks; as text unless the client wants HTML. */
export const runbooksRoute =
  ({ runbooks, routePrefix }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const names = await runbooks.names();
    res.set(RUNBOOK_HEADERS);
    if (!wantsHtml(req)) return void res.type("text/plain").send(names.map((name) => `${name}\n`).join(""));
    res.type("html").send(runbookList({ prefix: routePrefix, names }));
  };

/** `GET /runbooks/{name}`: what an alert means and what to do; as Markdown unless the client wants HTML. */
export const runbookRoute =
  ({ runbooks, routePrefix }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const { name } = req.params;
    const text = typeof name === "string" ? await runbooks.text(name) : undefined;
    if (typeof name !== "string" || text === undefined)
      return refuse(
        res,
        404,
        `got ${JSON.stringify(name)}, want the name of an alert; /runbooks/ lists them`,
      );
    res.set(RUNBOOK_HEADERS);
    if (!wantsHtml(req)) return void res.type("text/markdown").send(text);
    res.type("html").send(runbookPage(name, text, { prefix: routePrefix, names: await runbooks.names() }));
  };

/** Browsers name HTML; curl accepts anything and is better served with text. */
const wantsHtml = (req: Request): boolean => req.get("Accept")?.includes("text/html") === true;
