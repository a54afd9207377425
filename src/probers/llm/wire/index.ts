import { openai } from "./openai.ts";
import type { WireFormat } from "./types.ts";

/** The only list of wire formats: a new one is its file and a line here; the option `api` follows. */
export const WIRE_FORMATS = [openai] as const satisfies readonly WireFormat[];

/** Name of a wire format, as in the option `api`. */
export type Api = (typeof WIRE_FORMATS)[number]["api"];

/** The format of that name. */
export function wireFormat(api: Api): WireFormat {
  const found = WIRE_FORMATS.find((format) => format.api === api);
  if (found === undefined) throw new Error(`no wire format ${api}`);
  return found;
}
