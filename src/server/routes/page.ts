import type { Request, RequestHandler, Response } from "express";
import { rfc3339 } from "../../core/units.ts";
import type { SubjectKind } from "../../page/model/words.ts";
import { sendView } from "../html.ts";
import { readIncidentQuery, readWindow } from "../page-query.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";
import { operationsOf } from "./operations.ts";
import { probeList } from "./probes.ts";

type Handler = (req: Request, res: Response) => Promise<void>;

/** Makes the handler of a page; with `--web.page=off` there is none. */
const shown =
  (make: (context: RouteContext) => Handler) =>
  (context: RouteContext): RequestHandler => {
    const handle = make(context);
    return async (req, res) =>
      context.showsPage
        ? await handle(req, res)
        : refuse(res, 404, `${req.method} ${req.path}: no such route: --web.page is off`);
  };

/** `GET /page/targets/{name}[?window=]` and the same for other kinds: the page of a subject. */
export const subjectPageRoute = (kind: SubjectKind) =>
  shown((context) => async (req, res) => {
    const reading = readWindow(queryOf(req));
    if ("refused" in reading) return refuse(res, 400, reading.refused);
    const name = String(req.params["name"]);
    const data = await context.page.subject({ kind, name }, reading.query);
    if (data === undefined)
      return sendMissing(context, `There is no ${kind} with the name ${name}.`, req, res);
    await sendView(context, { kind: "subject", data }, req, res);
  });

/** `GET /page/incidents[?kind=&name=&group=&offset=&limit=]`: the incidents. */
export const incidentsPageRoute = shown((context) => async (req, res) => {
  const query = queryOf(req);
  const reading = readIncidentQuery(query);
  if ("refused" in reading) return refuse(res, 400, reading.refused);
  const data = await context.page.incidents(reading.query);
  await sendView(context, { kind: "incidents", data, search: query.toString() }, req, res);
});

/** `GET /page/incidents/{id}`: one incident. */
export const incidentPageRoute = shown((context) => async (req, res) => {
  const data = await context.page.incident(String(req.params["id"]));
  if (data === undefined) return sendMissing(context, "This incident is not known, or no longer.", req, res);
  await sendView(context, { kind: "incident", data, at: nowOf(context) }, req, res);
});

/** `GET /page/operations`: what an operator can do beside single subjects. */
export const operationsPageRoute = shown((context) => async (req, res) => {
  await sendView(context, { kind: "operations", data: operationsOf(context) }, req, res);
});

/** `GET /page/probes`: the recent probes, also of addresses that are not configured. */
export const probesPageRoute = shown((context) => async (req, res) => {
  const data = probeList(context.recentProbes, null);
  await sendView(context, { kind: "probes", data, at: nowOf(context) }, req, res);
});

/** `GET /page/assets/{file}`: a script or style of the page. */
export const assetRoute = shown(({ html }) => async (req, res) => {
  const asset = await html.asset(String(req.params["file"]));
  if (asset === undefined) return refuse(res, 404, `${req.method} ${req.path}: no such file`);
  const isGzipped = req.acceptsEncodings("gzip", "identity") === "gzip";
  const bytes = isGzipped ? asset.gzipped : asset.content;
  res.set({
    "Content-Type": asset.type,
    "Content-Length": String(bytes.length),
    "Cache-Control": "public, max-age=31536000, immutable",
  });
  res.vary("Accept-Encoding");
  if (isGzipped) res.set("Content-Encoding", "gzip");
  res.end(req.method === "HEAD" ? undefined : bytes);
});

const nowOf = ({ clock }: RouteContext): string => rfc3339(clock.now());

const sendMissing = (context: RouteContext, text: string, req: Request, res: Response): Promise<void> =>
  sendView(context, { kind: "missing", text, at: nowOf(context) }, req, res, 404);
