/** An element of an XML document with its text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, decoded. */
  readonly text: string;
}

const NAME = "[A-Za-z_][\\w.:-]*";
const OPEN = new RegExp(`^<(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`);
const CLOSE = new RegExp(`^</(${NAME})\\s*>`);
const ATTRIBUTE = new RegExp(`(${NAME})="([^"]*)"`, "g");
/** The characters of XML 1.0. https://www.w3.org/TR/xml/#charsets */
const LEGAL = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/**
 * Parses a document of elements, attributes in double quotes and the five entities; throws if it is not well-formed. Nothing
 * else is allowed: no document types, comments, processing instructions or CDATA.
 */
export function parseXml(source: string): XmlElement {
  if (!LEGAL.test(source)) throw new Error("the document has characters that XML does not allow");
  let rest = source.replace(/^<\?xml version="1\.0" encoding="utf-8"\?>\n?/, "").trim();
  const element = (): XmlElement => {
    const open = OPEN.exec(rest);
    if (open === null) throw new Error(`no element at ${rest.slice(0, 80)}`);
    const [all, name = "", attributes = "", empty] = open;
    rest = rest.slice(all.length);
    const head = {
      name,
      attributes: Object.fromEntries(
        [...attributes.matchAll(ATTRIBUTE)].map(([, key = "", value = ""]) => [key, decoded(value)]),
      ),
    };
    if (empty === "/") return { ...head, children: [], text: "" };
    const children: XmlElement[] = [];
    let text = "";
    for (;;) {
      const close = CLOSE.exec(rest);
      if (close !== null) {
        if (close[1] !== name) throw new Error(`got </${close[1]}>, want </${name}>`);
        rest = rest.slice(close[0].length);
        return { ...head, children, text };
      }
      if (rest.startsWith("<")) children.push(element());
      else {
        const end = rest.indexOf("<");
        if (end < 0) throw new Error(`${name} does not end`);
        text += decoded(rest.slice(0, end));
        rest = rest.slice(end);
      }
    }
  };
  const root = element();
  if (rest.trim() !== "") throw new Error(`got ${rest.slice(0, 80)} after the document`);
  return root;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  "#39": "'",
};

function decoded(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (all, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined || !all.endsWith(";")) throw new Error(`unknown entity ${all.slice(0, 20)}`);
    return character;
  });
}
