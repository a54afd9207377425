import type { Formats } from "../config/document/formats.ts";
import { compileRegexp } from "../probers/regexp.ts";

/** Formats that the schemas of the built-in probers use besides those of the configuration. */
export const PROBER_FORMATS: Formats = { regexp: isRegexp };

function isRegexp(source: string): boolean {
  try {
    compileRegexp(source);
    return true;
  } catch {
    return false;
  }
}
