import type { Request, Response } from "express";
import type { Clock } from "../core/clock.ts";
import { seconds } from "../core/units.ts";
import type { Register } from "../heartbeats/register.ts";
import { readBody } from "./body.ts";
import { factsOfBody, isJsonType, LONGEST_FACTS, type PingFactsReading, withoutFacts } from "./ping-facts.ts";
import type { PingPath } from "./ping-path.ts";

/** Number of bytes kept of a body; announced to clients in the header that healthchecks.io uses for it. */
export const KEPT_BODY = 10_000;

/** Number of bytes read of a body before its connection is closed. */
const LONGEST_BODY = 1024 * 1024;

/** Longest time for which a ping that announces facts waits for them. */
const FACTS_PATIENCE = seconds(1);

/** The body of a ping while it is received. Neither promise rejects. */
export interface PingBody {
  /** Settles when the ping may count. */
  readonly announceable: Promise<void>;
  /** Resolves at the end of the body, with the error if its facts are refused. */
  readonly problem: Promise<string | undefined>;
}

/** The facts and bodies of pings. */
export interface PingReports {
  /** Applies facts to a registered heartbeat. Returns the error if they are refused. */
  describe(name: string, reading: PingFactsReading | undefined): string | undefined;
  /** Starts to receive a body, which is stored, and whose facts are applied unless the query has them as well. */
  receive(ping: PingPath, query: PingFactsReading | undefined, req: Request, res: Response): PingBody;
}

/** Creates the part of pings that handles their facts and bodies. */
export function createPingReports(pushes: Register, clock: Clock): PingReports {
  const describe: PingReports["describe"] = (name, reading) => {
    if (reading === undefined) return undefined;
    if ("facts" in reading) return pushes.describe(name, reading.facts)?.refused;
    // A client of a configured heartbeat may use these words for something else.
    return pushes.find(name)?.registered === true ? reading.refused : undefined;
  };

  /**
   * Reports whether a ping announces facts that its body may change. Such a ping cannot come too late: it announces that
   * the heartbeat is offline, or the heartbeat is offline already. Any other ping counts before its body.
   */
  const announcesFacts = ({ name, kind }: PingPath, { headers }: Request): boolean => {
    if (!isJsonType(headers["content-type"])) return false;
    const push = pushes.find(name);
    return push?.registered === true && (kind === "fail" || push.status === "offline");
  };

  const settled = async (promise: Promise<unknown>): Promise<void> => {
    const late = Promise.withResolvers<void>();
    const cancel = clock.timeout(FACTS_PATIENCE, () => late.resolve());
    await Promise.race([promise, late.promise]);
    cancel();
  };

  const receiveBody = async (
    name: string,
    query: PingFactsReading | undefined,
    req: Request,
    res: Response,
  ): Promise<string | undefined> => {
    const body = await readBody(req, { limit: LONGEST_BODY, keep: LONGEST_FACTS + 1 });
    if (body.kind === "too_long") res.set("Connection", "close");
    if (body.kind !== "complete" && body.kind !== "too_long") return undefined;
    const { bytes } = body;
    if (bytes.length > 0) pushes.bodies.keep(name, Buffer.from(bytes.subarray(0, KEPT_BODY)));
    if (bytes.length > LONGEST_FACTS || !isJsonType(req.headers["content-type"])) return undefined;
    return describe(name, withoutFacts(factsOfBody(bytes), query));
  };

  return {
    describe,
    receive(ping, query, req, res) {
      const problem = receiveBody(ping.name, query, req, res);
      return { problem, announceable: announcesFacts(ping, req) ? settled(problem) : Promise.resolve() };
    },
  };
}
