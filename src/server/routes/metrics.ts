import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import type { ExpositionFormat } from "../../core/exposition-format.ts";
import { seconds } from "../../core/units.ts";
import { encodingFor, refuseEncoding, SMALL } from "../compress.ts";
import { type AcceptedEncodings, acceptedEncodings, chooseFormat, setFormat } from "../negotiate.ts";
import { createReadings } from "../readings.ts";
import { refuse } from "../refuse.ts";
import { createRenderings, type Rendering } from "../renderings.ts";
import { queryOf } from "../request.ts";
import { type RouteContext, SECTIONS, type Section } from "../route-context.ts";
import { readScrapeTimeout } from "../scrape.ts";

/** The scrape timeout of requests that announce none: Prometheus' default. */
const DEFAULT_SCRAPE_TIMEOUT = seconds(10);

/** Chunks that are rendered before the connection takes them. It may take all of them in one turn of the event loop. */
const CHUNKS_AHEAD = 2;

/**
 * `GET /metrics[?collect[]=exporter&collect[]=targets&collect[]=heartbeats][&created=true]`: the exporter itself, all
 * configured targets and all heartbeats. Sent in pieces while it is rendered. HEAD probes nothing.
 */
export function metricsRoute({ clock, config, metrics }: RouteContext) {
  const readings = createReadings(clock, metrics);
  const renderings = createRenderings(clock);
  return async (req: Request, res: Response): Promise<void> => {
    if (!config().contextApi.metricsEnabled) {
      return refuse(
        res,
        404,
        `/metrics is turned off by ${config().settingName("context_api.metrics_enabled")}`,
      );
    }
    const query = parseQuery(queryOf(req));
    if (typeof query === "string") return refuse(res, 400, query);
    const timeout = readScrapeTimeout(req);
    if (typeof timeout === "string") return refuse(res, 500, timeout);
    const accepted = acceptedEncodings(req);
    if (accepted === undefined) return refuseEncoding(res);
    const format = chooseFormat(req, query.created);
    setFormat(res, format);
    if (req.method === "HEAD") return void res.end();

    const { sections } = query;
    const reading = await readings.read(sections, timeout ?? DEFAULT_SCRAPE_TIMEOUT);
    await renderings.with([...sections].join(), reading, (rendering) =>
      send(res, rendering, format, accepted),
    );
  };
}

/** The query of a scrape. */
interface MetricsQuery {
  /** In the order of the page. */
  readonly sections: ReadonlySet<Section>;
  readonly created: boolean;
}

/** Returns the query, or an error text. */
function parseQuery(parameters: URLSearchParams): MetricsQuery | string {
  const selected = parameters.getAll("collect[]");
  const unknown = selected.find((name) => !SECTIONS.some((section) => section === name));
  if (unknown !== undefined) return `collect[]: got ${JSON.stringify(unknown)}, want ${SECTIONS.join(", ")}`;
  const created = parameters.get("created") ?? "false";
  if (created !== "true" && created !== "false")
    return `created: got ${JSON.stringify(created)}, want true or false`;
  const sections = SECTIONS.filter((section) => selected.length === 0 || selected.includes(section));
  return { sections: new Set(sections), created: created === "true" };
}

async function send(
  res: Response,
  rendering: Rendering,
  format: ExpositionFormat,
  accepted: AcceptedEncodings,
): Promise<void> {
  const page = await rendering.page;
  const encoding = encodingFor(accepted, await page.isShorter(SMALL, format));
  if (encoding !== "identity") res.set("Content-Encoding", encoding);
  // A client that has gone away meanwhile needs no page.
  if (res.destroyed) return;
  // The first chunk of a compressed stream comes late.
  res.flushHeaders();
  try {
    // The next chunks are rendered while the connection takes one.
    const ahead = new PassThrough({ objectMode: true, highWaterMark: CHUNKS_AHEAD });
    await pipeline(rendering.stream(format, encoding), ahead, res);
  } catch (error) {
    if (!isClosedByClient(error)) throw error;
  }
}

const isClosedByClient = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
