/** Raw headers as node:http takes and gives them: names and values in turn. */
export type RawHeaders = readonly string[];

/** The form in which Go sends a name: `x-request-id` becomes `X-Request-Id`. */
export const canonicalName = (name: string): string =>
  name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

/** Header values go out as bytes; node:http takes one character for each. */
export const headerBytes = (value: string): string =>
  // oxlint-disable-next-line no-control-regex -- tells ASCII from the rest
  /^[\x00-\x7f]*$/.test(value) ? value : Buffer.from(value).toString("latin1");

/** The opposite: what is not ASCII is UTF-8 to everybody who sends it. */
export const headerText = (bytes: string): string =>
  // oxlint-disable-next-line no-control-regex -- tells ASCII from the rest
  /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString();

/** Every value of the header `name`, given in lower case, as text. */
export function valuesOf(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) values.push(headerText(headers[i + 1] ?? ""));
  }
  return values;
}

/** The first value of the header `name`, given in lower case, one character for each byte. */
export function valueOf(headers: RawHeaders, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const each = headers[i];
    if (each !== undefined && each.length === name.length && each.toLowerCase() === name)
      return headers[i + 1];
  }
  return undefined;
}
