import { defined } from "../../../core/defined.ts";
import type { CompileContext } from "../../../core/prober.ts";
import type { LlmOptions } from "../schema.ts";
import type { Tool, WireFormat } from "../wire/types.ts";
import type { ExpectOptions } from "./expect-schema.ts";
import { compileSchema } from "./json-schema.ts";
import { placeholdersIn } from "./prompt.ts";

/** What to ask for instead where there are no tools. */
export const WITH_TOOLS = "an api (and with ollama a route) that has tools";

/** The tools that the model is offered: those of the options, else those that are expected to be called. */
export function compileTools(
  options: LlmOptions,
  expects: readonly ExpectOptions[],
  format: WireFormat,
  context: CompileContext,
): readonly Tool[] {
  const able = format.abilities.tools(options);
  if (options.tools === undefined) return able ? expectedTools(expects, context) : [];
  if (!able) {
    context.problem(["tools"], `tools with ${format.api}`, WITH_TOOLS);
    return [];
  }
  const names = new Set<string>();
  return options.tools.map(({ name, description, parameters = {} }, i) => {
    if (names.has(name)) context.problem(["tools", i, "name"], name, "each tool once");
    names.add(name);
    const broken = compileSchema(parameters);
    if (typeof broken === "string") context.problem(["tools", i, "parameters"], broken, "a JSON Schema");
    return {
      name,
      ...defined({ description }),
      parameters: objectSchema(parameters),
    };
  });
}

/** The first expectation of a name says what the tool takes. */
function expectedTools(expects: readonly ExpectOptions[], context: CompileContext): readonly Tool[] {
  const tools = new Map<string, Tool>();
  for (const { tool_call: call } of expects) {
    if (call === undefined || tools.has(call.name)) continue;
    const parameters = call.arguments ?? {};
    if (placeholdersIn(JSON.stringify(parameters)).size > 0) {
      // Offered as it is, the schema would tell the model to pass the placeholder.
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

/** APIs refuse parameters that do not say that they are an object. */
const objectSchema = (schema: object): Tool["parameters"] => ({ type: "object", properties: {}, ...schema });
