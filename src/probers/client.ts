import type { OptionsInit, Request } from "got";
import type { HttpAgents } from "../core/network.ts";
import { USER_AGENT } from "../core/user-agent.ts";

/** Sends one request and returns its response as a stream, without retries or redirects. */
export type StreamRequest = (
  agents: HttpAgents,
  url: URL,
  options: Pick<OptionsInit, "method" | "headers" | "body" | "signal">,
) => Request;

let client: Promise<StreamRequest> | undefined;

/**
 * Loads the HTTP client, got. It takes a fifth of the exporter's memory, so it is loaded with the first module that needs
 * it. It can only be called with agents, which a probe gets from its network.
 */
export const loadClient = (): Promise<StreamRequest> =>
  (client ??= import("got").then(
    ({ default: got }): StreamRequest =>
      (agents, url, options) =>
        got.stream(url, {
          ...options,
          headers: { "user-agent": USER_AGENT, ...options.headers },
          agent: agents,
          retry: { limit: 0 },
          followRedirect: false,
          throwHttpErrors: false,
        }),
  ));
