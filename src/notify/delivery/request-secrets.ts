/** The parts of a request that may be secret. */
interface SecretParts {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers whose values the receiver may repeat. */
const PUBLIC_HEADERS = new Set(["user-agent", "content-type", "webhook-id", "webhook-timestamp"]);

/** Shortest text that is redacted. Redacting shorter ones would hide most of a response and no secret. */
const SHORTEST_SECRET = 4;

/**
 * Returns the texts that must not be shown if a receiver repeats a request: its address and the parts of that, the values of
 * headers with and without their scheme, and signatures, in each form in which a server may write them. Longer ones come
 * first, so that no part of a longer one is left over.
 */
export function secretsIn({ url, headers }: SecretParts): readonly string[] {
  const texts = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    if (PUBLIC_HEADERS.has(name.toLowerCase())) continue;
    for (const text of [value, ...value.split(/[\s,;=]+/)]) texts.add(text);
  }
  texts.add(url);
  if (URL.canParse(url)) {
    const { href, pathname, search, username, password, searchParams } = new URL(url);
    const parts = [href, pathname + search, pathname, search, username, password];
    for (const text of [...parts, ...pathname.split("/"), ...searchParams.values()]) texts.add(text);
  }
  const forms = Array.from(texts).flatMap((text) => [
    text,
    decoded(text),
    JSON.stringify(text).slice(1, -1),
    text.replaceAll("/", String.raw`\/`),
    text.replaceAll("&", "&amp;"),
  ]);
  return [...new Set(forms)]
    .filter((text) => text.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
