import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The name of the image in commands, perhaps with a registry and a tag. */
const IMAGE = /(?<=\s)(?:[\w.-]+\/)*heartbeat-exporter(?::[\w.-]+)?(?=\s|$)/;

/** Commands of one block of a page, in their order. */
export interface Block {
  readonly page: string;
  readonly commands: readonly string[];
}

/**
 * Returns the blocks of a page that have commands of Docker: these commands, and those that make folders, without comments and with
 * continued lines joined.
 */
export function dockerBlocks(page: string): readonly Block[] {
  const text = readFileSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)), "utf8");
  return [...text.matchAll(/^```(?:sh|bash|shell|console)?\n(.*?)^```$/gms)]
    .map(([, block = ""]) => ({
      page,
      commands: block
        .replaceAll("\\\n", " ")
        .split("\n")
        .map((line) =>
          line
            .replace(/^\$ /, "")
            .replace(/\s+#.*$/, "")
            .trim(),
        )
        .filter((line) => /^(?:docker (?!compose|buildx)|mkdir )/.test(line)),
    }))
    .filter(({ commands }) => commands.some((command) => command.startsWith("docker ")));
}

/** Returns the image that a command runs; `undefined` if it runs none. */
export const imageOf = (command: string): string | undefined =>
  command.startsWith("docker run ") ? IMAGE.exec(command.slice("docker run".length))?.[0] : undefined;

/** Returns true if a command runs the exporter until it is stopped. */
export const runsInForeground = (command: string): boolean =>
  command.startsWith("docker run ") && !/ (?:-d|--detach|--rm)(?: |$)/.test(command);
