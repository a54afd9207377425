import { type Command, Option } from "commander";

/** Parsers of flags that may be repeated. */
const COLLECTING = new WeakSet<object>();

/** Makes the parser of a flag that may be repeated: its value is the list of all. */
export function collecting<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => readonly T[] {
  const collect = (text: string, before: readonly T[] | undefined): readonly T[] => [
    ...(before ?? []),
    parse(text),
  ];
  COLLECTING.add(collect);
  return collect;
}

/** Adds a flag without a value, and `--no-NAME` for its default, which the help does not list: it is for scripts that write out all flags. */
export const withSwitch = (command: Command, name: string, description: string): Command =>
  command.option(`--${name}`, description).addOption(new Option(`--no-${name}`).hideHelp());

/**
 * Makes a command and those below it refuse a flag that is given twice, before or after the words of the command, as the other
 * exporters do: which of two values holds would be a guess.
 */
export function refuseRepeatedFlags(command: Command): void {
  const given = new Set<string>();
  for (const option of command.options) {
    if (isCollecting(option)) continue;
    const name = option.attributeName();
    command.on(`option:${option.name()}`, () => {
      if (given.has(name) || isGivenAbove(command.parent, name)) {
        command.error(`error: flag '--${option.name()}' is given more than once; want it once`);
      }
      given.add(name);
    });
  }
  command.commands.forEach(refuseRepeatedFlags);
}

const isCollecting = ({ parseArg }: Option): boolean => parseArg !== undefined && COLLECTING.has(parseArg);

function isGivenAbove(parent: Command | null, name: string): boolean {
  if (parent === null) return false;
  const option = parent.options.find((one) => one.attributeName() === name && !isCollecting(one));
  const isGiven = option !== undefined && parent.getOptionValueSource(name) === "cli";
  return isGiven || isGivenAbove(parent.parent, name);
}
