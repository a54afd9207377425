import type { Answer } from "./answer.ts";
import { separateThinking } from "./thinking.ts";

/**
 * Removes thinking from the content of a received answer and counts it as reasoning: the first output is then the first
 * visible character of what is left. To be called once, after the last piece, as only the whole content tells.
 */
export function stripThinking(answer: Answer): void {
  const { output, thought, outputStart } = separateThinking(answer.output);
  answer.output = output;
  if (thought) answer.signs.add("reasoning");
  const { times } = answer;
  const first =
    outputStart === undefined ? undefined : times.output.findLast(({ offset }) => offset <= outputStart);
  if (first === undefined) delete times.firstOutput;
  else times.firstOutput = first.at;
}
