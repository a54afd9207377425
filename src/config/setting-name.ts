import { alternatives } from "./document/describe.ts";
import { type Path, pathText } from "./document/tree.ts";
import {
  ALTERNATIVE_VARIABLES,
  ALTERNATIVES,
  alternativeName,
  FAILOVER_SWITCH,
  ownVariables,
  VARIABLES,
} from "./env/variables.ts";

/** Returns an option, such as `control.token_file`, in the words of those who set it. */
export type SettingName = (option: string) => string;

/** Names an option of a file. */
export const settingOfFile: SettingName = (option) => `${option} in the configuration`;

/** Names the environment variables for an option, those for a secret and its file together. */
export const settingOfEnvironment: SettingName = (option) => {
  const names = variablesFor(option);
  return names.length === 0 ? `${option} in a configuration file` : alternatives(names);
};

/**
 * Replaces the options in a text about the value at `path` by the environment variables that set them. Only names with an underscore
 * are no other words. Options without a variable are no way out.
 */
export function inVariables(text: string, path: Path): string {
  const number = numberOf(path);
  const variables = number === 1 ? VARIABLES : [...ownVariables(number), ...VARIABLES];
  return text
    .replace(/ \(or the option \w+\)/, "")
    .replaceAll(
      /\b[a-z]+(?:_[a-z]+)+\b/g,
      (key) => variables.find((variable) => variable.path.at(-1) === key)?.name ?? key,
    );
}

/** Returns the number of the model that a value belongs to; 1 also if it belongs to none. */
function numberOf([section, step]: Path): number {
  if (section === "targets" && typeof step === "number") return step + 1;
  return ALTERNATIVES.find((number) => section === "modules" && step === alternativeName(number)) ?? 1;
}

function variablesFor(option: string): readonly string[] {
  if (option === "failover") return [`${FAILOVER_SWITCH}=true`];
  const withoutFile = option.replace(/_file$/, "");
  return [...VARIABLES, ...ALTERNATIVE_VARIABLES]
    .filter(({ path }) => pathText(path).replace(/_file$/, "") === withoutFile)
    .map(({ name }) => name);
}
