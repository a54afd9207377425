import { InvalidArgumentError } from "commander";
import { DURATION_FORM, parseDuration, type Seconds } from "../core/units.ts";

/**
 * Parses the value of a flag as a duration longer than zero.
 * @throws InvalidArgumentError, which commander prints together with the flag
 */
export function durationValue(text: string): Seconds {
  const length = parseDuration(text);
  if (length !== undefined && length > 0) return length;
  throw new InvalidArgumentError(`got "${text}", want ${DURATION_FORM}`);
}

/**
 * Parses the value of a flag as an HTTP or HTTPS URL. The error does not repeat the value, which may contain a password.
 * @throws InvalidArgumentError, which commander prints together with the flag
 */
export function urlValue(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new InvalidArgumentError("want a URL such as http://127.0.0.1:8091");
}
