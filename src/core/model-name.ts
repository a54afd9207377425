/** What providers append to a model's name to say which edition of it answered. */
const EDITION = /^[-@:](?:\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{8}|\d{2,4}|latest|preview|v\d+(?:[.:]\d+)*)$/;

/**
 * Whether `responded` is `requested` or a dated edition of it: `gpt-4o` is answered by `gpt-4o-2024-08-06`,
 * `mistral-large-latest` by `mistral-large-2411`, `openai/gpt-4o` by `gpt-4o`. `gpt-4o-mini` is another model.
 */
export function isEdition(requested: string, responded: string): boolean {
  const wanted = bareName(requested);
  const got = bareName(responded);
  if (wanted === got) return true;
  const stem = wanted.replace(/[-:]latest$/, "");
  return got === stem || (got.startsWith(stem) && EDITION.test(got.slice(stem.length)));
}

/** Without the publisher, which gateways add and take away. */
const bareName = (name: string): string => name.slice(name.lastIndexOf("/") + 1).toLowerCase();
