import { InvalidArgumentError } from "commander";

/**
 * Parses the URL of an exporter.
 * @throws InvalidArgumentError if it is none of HTTP
 */
export function externalUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new InvalidArgumentError(`got "${text}", want a URL such as https://exporter.example.com/heartbeat`);
}
