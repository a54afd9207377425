import { excerpt } from "../../core/excerpt.ts";

/** Words of common protocols, which are no secrets though they are sent. */
const COMMANDS = new Set([
  ..."AUTH AUTHENTICATE CAPA CAPABILITY EHLO GET HEAD HELO HOST HTTP INFO LIST LOGIN LOGOUT LOGON MAIL NICK".split(
    " ",
  ),
  ..."NOOP PASS PING PLAIN PONG QUIT RCPT SELECT STARTTLS STAT STATUS STLS USER VERSION".split(" "),
]);

/** Shortest word, and shortest beginning of a word, that is kept out of texts, in characters. */
const SHORTEST = 4;

/** Longest part of an answer in a text for people, in characters. */
const LONGEST_SHOWN = 200;

/** Most bytes in a text for people. */
const MOST_BYTES = 32;

/** Words that were sent, and texts for people that do not repeat them: one may be a password that the target echoes. */
export interface SentWords {
  note(sent: Buffer): void;
  /**
   * Returns the beginning of an answer as one line of text.
   * @param unfinished true if it may end within a word that was sent
   */
  textOf(answer: Buffer, unfinished?: boolean): string;
  /** Returns the first bytes of an answer in hexadecimal, unless they repeat a word that was sent. */
  hexOf(answer: Buffer): string;
}

/** Creates an empty list. Short words and the commands of common protocols are not noted. */
export function createSentWords(): SentWords {
  const words = new Set<string>();
  const longestFirst = (): string[] => [...words].toSorted((a, b) => b.length - a.length);
  return {
    note(sent) {
      for (const word of sent.toString("utf8").split(/\s+/))
        if (word.length >= SHORTEST && !COMMANDS.has(word.toUpperCase())) words.add(word);
    },
    textOf(answer, unfinished = false) {
      const text = answer.toString("utf8");
      const secrets = longestFirst();
      return excerpt(unfinished ? withoutBeginning(text, secrets) : text, secrets, LONGEST_SHOWN);
    },
    hexOf(answer) {
      const repeats = [...words].some((word) => answer.includes(word.slice(0, SHORTEST)));
      return repeats ? `${answer.length} bytes that repeat what was sent` : bytesText(answer);
    },
  };
}

/** Removes the beginning of a word from the end of a text. */
function withoutBeginning(text: string, words: readonly string[]): string {
  for (const word of words) {
    for (let length = word.length - 1; length >= SHORTEST; length -= 1)
      if (text.endsWith(word.slice(0, length))) return text.slice(0, -length);
  }
  return text;
}

/** Shows bytes in hexadecimal. */
export function bytesText(bytes: Buffer): string {
  if (bytes.length === 0) return "nothing";
  const hex = bytes
    .subarray(0, MOST_BYTES)
    .toString("hex")
    .replaceAll(/..(?!$)/g, "$& ");
  return bytes.length > MOST_BYTES ? `${hex}...` : hex;
}
