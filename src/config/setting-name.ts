import { alternatives } from "./document/describe.ts";
import { pathText } from "./document/tree.ts";
import { ALTERNATIVE_VARIABLES, FAILOVER_SWITCH, VARIABLES } from "./env/variables.ts";

/** Returns an option, such as `control.token_file`, in the words of those who set it. */
export type SettingName = (option: string) => string;

/** Names an option of a file. */
export const settingOfFile: SettingName = (option) => `${option} in the configuration`;

/** Names the environment variables for an option, those for a secret and its file together. */
export const settingOfEnvironment: SettingName = (option) => {
  const names = variablesFor(option);
  return names.length === 0 ? `${option} in a configuration file` : alternatives(names);
};

/** Replaces the options in a text by the environment variables that set them. Only names with an underscore are no other words. */
export const inVariables = (text: string): string =>
  text.replaceAll(/\b[a-z]+(?:_[a-z]+)+\b/g, (key) => {
    const variable = VARIABLES.find(({ path }) => path.at(-1) === key);
    return variable?.name ?? key;
  });

function variablesFor(option: string): readonly string[] {
  if (option === "failover") return [`${FAILOVER_SWITCH}=true`];
  const withoutFile = option.replace(/_file$/, "");
  return [...VARIABLES, ...ALTERNATIVE_VARIABLES]
    .filter(({ path }) => pathText(path).replace(/_file$/, "") === withoutFile)
    .map(({ name }) => name);
}
