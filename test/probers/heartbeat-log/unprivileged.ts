/** Probes the log of the first argument as somebody who may read nothing, and prints the outcome. */
import { start } from "./probing.ts";

const [file = "", folder = ""] = process.argv.slice(2);
const { probe } = start({ paths: [folder] });
// Only root would be let in whatever the mode of a file.
if (process.getuid?.() === 0) process.setuid?.(65_534);
const { result } = await probe(file);
console.log(JSON.stringify(result.outcome));
