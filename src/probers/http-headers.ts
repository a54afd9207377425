/** The names of headers that usually carry credentials, so that their values are treated as secrets. */
export const CONFIDENTIAL_HEADER =
  "^(?i:.*authorization|cookie|.*token.*|.*secret.*|.*password.*|.*api[-_]?key.*)$";

const confidentialHeader = new RegExp(CONFIDENTIAL_HEADER);

/** Reports whether a header of this name usually carries a credential. */
export const isConfidential = (name: string): boolean => confidentialHeader.test(name);

/** Raw headers of node:http: names and values in turn. */
export type RawHeaders = readonly string[];

/** Returns a name as Go sends it: `x-request-id` becomes `X-Request-Id`. */
export const canonicalName = (name: string): string =>
  name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

/** Encodes a value as UTF-8, with one character per byte, as node:http sends them. */
export const headerBytes = (value: string): string =>
  // oxlint-disable-next-line no-control-regex -- tells ASCII from the rest
  /^[\x00-\x7f]*$/.test(value) ? value : Buffer.from(value).toString("latin1");

/** Decodes a value that node:http has received. Non-ASCII values are taken as UTF-8. */
export const headerText = (bytes: string): string =>
  // oxlint-disable-next-line no-control-regex -- tells ASCII from the rest
  /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString();

/** Returns every value of the header `name`, given in lower case, as text. */
export function valuesOf(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) values.push(headerText(headers[i + 1] ?? ""));
  }
  return values;
}

/** Returns the first value of the header `name`, given in lower case, with one character per byte. */
export function valueOf(headers: RawHeaders, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const each = headers[i];
    if (each !== undefined && each.length === name.length && each.toLowerCase() === name)
      return headers[i + 1];
  }
  return undefined;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const RFC1123 = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * Parses an HTTP date in any of its three forms (RFC 9110, 5.6.7), as Go's `http.ParseTime` does.
 * @returns Unix seconds, or `undefined` if it is invalid
 */
export function parseHttpDate(text: string): number | undefined {
  const long = RFC1123.exec(text) ?? RFC850.exec(text);
  if (long !== null) {
    const [, day, month, year = "", hour, minute, second] = long;
    return unix(year.length === 2 ? fullYear(Number(year)) : Number(year), month, day, hour, minute, second);
  }
  const short = ASCTIME.exec(text);
  if (short === null) return undefined;
  const [, month, day, hour, minute, second, year] = short;
  return unix(Number(year), month, day, hour, minute, second);
}

/** Completes a year of two digits by Go's rule. */
const fullYear = (year: number): number => (year >= 69 ? 1900 + year : 2000 + year);

function unix(
  year: number,
  monthName: string | undefined,
  ...rest: readonly (string | undefined)[]
): number | undefined {
  const month = MONTHS.indexOf(monthName ?? "");
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  if (month < 0 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second) / 1000;
}
