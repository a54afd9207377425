import { parseJson } from "../wire/json.ts";

/** The content of a message, split into what the model thought and what it answers. */
export interface SeparatedContent {
  /** The answer; the content itself where it holds no thinking. */
  readonly output: string;
  /** True if the content held thinking, even an empty block. */
  readonly thought: boolean;
  /** Offset in the content of the first visible character of the answer; absent without one. */
  readonly outputStart?: number;
}

/** A stretch of the content, `to` excluded. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Tags that models put around thinking where the server has no parser for it; attributes and case vary. */
const TAGS = "think|thinking|thought|thoughts|reasoning|reflection|seed:think";
const MARKER = new RegExp(
  String.raw`(?<fence>\x60{3})|(?<open><(?:${TAGS})(?:\s[^<>]{0,200})?>|\[think\]|<\|start_thinking\|>|<\|begin_of_thought\|>|<\|channel>thought\b|◁think▷)` +
    String.raw`|</(?:${TAGS})\s*>|\[/think\]|<\|end_thinking\|>|<\|end_of_thought\|>|<channel\|>|◁/think▷`,
  "giu",
);

/**
 * A message of OpenAI's harmony format, `<|start|>ROLE<|channel|>NAME<|message|>TEXT<|end|>`, as servers show it that do
 * not parse it. https://cookbook.openai.com/articles/openai-harmony
 */
const HARMONY_MESSAGE =
  /<\|channel\|>\s*(?<channel>\w+)[^<]{0,200}(?:<\|constrain\|>[^<]{0,200})?<\|message\|>/gu;
const HARMONY_END = /<\|(?:end|return|call|start|channel)\|>/gu;

/** The same after a server took the markers away, as it does with all special tokens. */
const BARE_HARMONY = /^\s*analysis(?:.*assistantfinal|(?=\p{Lu}).*$)/su;

/**
 * Separates an answer from thinking that stands inside the content: `<think>...</think>` and its relatives, a closing
 * marker whose opening one belongs to the prompt's template, and harmony's channels. It looks at the whole content, so
 * the result does not depend on how the content was cut into pieces.
 *
 * Thinking that begins the content and never ends takes all of it; an opening marker further on that never ends is text.
 * Markers that a JSON answer, a block of code or backticks quote are text, too.
 */
export function separateThinking(content: string): SeparatedContent {
  const spans = isJson(content) ? undefined : (answersOfHarmony(content) ?? answersBetweenTags(content));
  if (spans === undefined) return { output: content, thought: false, ...startIn(content, [whole(content)]) };
  const output = spans.map(({ from, to }) => content.slice(from, to)).join("");
  return { output: output.trim(), thought: true, ...startIn(content, spans) };
}

const whole = (content: string): Span => ({ from: 0, to: content.length });

function startIn(content: string, spans: readonly Span[]): Pick<SeparatedContent, "outputStart"> {
  for (const { from, to } of spans) {
    const first = content.slice(from, to).search(/\S/u);
    if (first !== -1) return { outputStart: from + first };
  }
  return {};
}

/** The messages of the `final` channel; `undefined` where the content is not harmony's. */
function answersOfHarmony(content: string): readonly Span[] | undefined {
  const bare = BARE_HARMONY.exec(content);
  if (bare !== null) return [{ from: bare[0].length, to: content.length }];
  if (!content.includes("<|channel|>")) return undefined;
  const messages = [...content.matchAll(HARMONY_MESSAGE)];
  if (messages.length === 0) return undefined;
  return messages
    .filter(({ groups }) => groups?.["channel"]?.toLowerCase() === "final")
    .map(({ index, 0: head }) => {
      const from = index + head.length;
      HARMONY_END.lastIndex = from;
      return { from, to: HARMONY_END.exec(content)?.index ?? content.length };
    });
}

/** What stands outside the blocks of thinking; `undefined` where there are none. */
function answersBetweenTags(content: string): readonly Span[] | undefined {
  const answers: Span[] = [];
  /** Where the stretch begins that no block has taken yet, and where a block has been opened in it. */
  let rest = 0;
  let opened: number | undefined;
  let thought = false;
  let fenced = false;
  const lastFence = content.lastIndexOf("```");
  for (const { index, 0: marker, groups } of content.matchAll(MARKER)) {
    if (groups?.["fence"] !== undefined) {
      fenced = opened === undefined && !fenced && index < lastFence;
      continue;
    }
    const inCode = content[index - 1] === "`" && content[index + marker.length] === "`";
    if (fenced || inCode) continue;
    if (opened === undefined && isJson(content.slice(rest))) break;
    if (groups?.["open"] !== undefined) {
      opened ??= index;
      continue;
    }
    // Thinking does not nest: the first closing marker ends it. One without an opening ends what the template began.
    if (opened !== undefined && opened > rest) answers.push({ from: rest, to: opened });
    rest = index + marker.length;
    opened = undefined;
    thought = true;
  }
  const endless = opened !== undefined && content.slice(rest, opened).trim() === "" && answers.every(isBlank);
  if (endless) return [];
  return thought ? [...answers, { from: rest, to: content.length }] : undefined;

  function isBlank({ from, to }: Span): boolean {
    return content.slice(from, to).trim() === "";
  }
}

const isJson = (text: string): boolean => /^\s*[{["]/u.test(text) && parseJson(text).ok;
