import { createBoundedCache } from "../../core/bounded-cache.ts";
import { type ContentFindings, type ContentRules, type ContentWork, compileContent } from "./content.ts";

/** The rules of the modules whose bodies were inspected, by their options. */
const compiled = createBoundedCache<ContentRules>(100);

/** Inspects a body, in the thread for long texts. */
export function run({ options, question, bytes }: ContentWork): ContentFindings {
  const rules = compiled.get(JSON.stringify(options), () => compileContent(options));
  return rules.inspect(Buffer.from(bytes.buffer), question);
}
