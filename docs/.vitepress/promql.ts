import type { MarkdownOptions } from "vitepress";

/** Colours of PromQL. */
export const promql = {
  name: "promql",
  scopeName: "source.promql",
  repository: {},
  patterns: [
    { name: "comment.line", match: "#.*$" },
    { name: "string.quoted", match: "\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'" },
    { name: "constant.numeric", match: "\\b\\d+(?:\\.\\d+)?(?:ms|[smhdwy])?\\b" },
    {
      name: "keyword.operator",
      match: "\\b(?:and|or|unless|by|without|on|ignoring|group_left|group_right|offset|bool)\\b",
    },
    { name: "entity.name.function", match: "\\b[a-z_]+(?=\\s*(?:\\(|(?:by|without)\\b))" },
  ],
} satisfies NonNullable<MarkdownOptions["languages"]>[number];
