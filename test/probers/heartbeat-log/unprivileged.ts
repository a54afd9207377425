/** Probes the log in the first argument as a user without permissions, and prints the outcome. */
import { start } from "./probing.ts";

const [file = "", folder = ""] = process.argv.slice(2);
const { probe } = start({ paths: [folder] });
// Root may read a file whatever its mode.
if (process.getuid?.() === 0) process.setuid?.(65_534);
const { result } = await probe(file);
console.log(JSON.stringify(result.outcome));
