import type { MarkdownRenderer } from "vitepress";

/** Keeps `{{ }}` in texts and in inline code, such as those of templates, from being read as expressions of Vue. */
export function plainBraces(markdown: MarkdownRenderer): void {
  const { rules } = markdown.renderer;
  for (const name of ["text", "code_inline"] as const) {
    const rule = rules[name];
    rules[name] = (...args) =>
      (rule?.(...args) ?? "").replaceAll("{{", "&#123;&#123;").replaceAll("}}", "&#125;&#125;");
  }
}
