import { defined } from "../../../core/defined.ts";
import type { CompileContext } from "../../../core/prober.ts";
import type { LlmOptions } from "../schema.ts";
import type { Tool, WireFormat } from "../wire/types.ts";
import type { ExpectOptions } from "./expect-schema.ts";
import { compileSchema } from "./json-schema.ts";
import { placeholdersIn } from "./prompt.ts";

/** The alternative to suggest if tools are not supported. */
export const WITH_TOOLS = "an api (and for ollama a route) with tools";

/** Returns the tools that the model is offered: those of the options, or else those whose call is expected. */
export function compileTools(
  options: LlmOptions,
  expects: readonly ExpectOptions[],
  format: WireFormat,
  context: CompileContext,
): readonly Tool[] {
  const supported = format.abilities.tools(options);
  if (options.tools === undefined) return supported ? expectedTools(expects, context) : [];
  if (!supported) {
    context.problem(["tools"], `tools with ${format.api}`, WITH_TOOLS);
    return [];
  }
  const names = new Set<string>();
  return options.tools.map(({ name, description, parameters = {} }, i) => {
    if (names.has(name)) context.problem(["tools", i, "name"], name, "each tool once");
    names.add(name);
    const compiled = compileSchema(parameters);
    if (typeof compiled === "string") context.problem(["tools", i, "parameters"], compiled, "a JSON Schema");
    return {
      name,
      ...defined({ description }),
      parameters: objectSchema(parameters),
    };
  });
}

/** Returns the tools whose call is expected. The first expectation of each name defines the parameters. */
function expectedTools(expects: readonly ExpectOptions[], context: CompileContext): readonly Tool[] {
  const tools = new Map<string, Tool>();
  for (const { tool_call: call } of expects) {
    if (call === undefined || tools.has(call.name)) continue;
    const parameters = call.arguments ?? {};
    if (placeholdersIn(JSON.stringify(parameters)).size > 0) {
      // The schema would tell the model to pass the placeholder itself.
      context.problem(
        ["tools"],
        "nothing",
        `the tool ${call.name}, as its expected arguments have placeholders`,
      );
    }
    tools.set(call.name, { name: call.name, parameters: objectSchema(parameters) });
  }
  return [...tools.values()];
}

/** Adds the keywords without which APIs refuse parameters. */
const objectSchema = (schema: object): Tool["parameters"] => ({ type: "object", properties: {}, ...schema });
