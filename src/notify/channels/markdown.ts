/** Escapes the marks of the Markdown that chats render, and leaves other punctuation readable where they do not. */
export const escapeMarkdown = (text: string): string => text.replaceAll(/[\\`*_~|>[\]#]/g, String.raw`\$&`);
