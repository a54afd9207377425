/** Opens the files after the first argument, if they are in that folder, and prints their contents or the reasons of refusals. */
import { contentOrReason } from "./content-or-reason.ts";

const [root = "", ...files] = process.argv.slice(2);
const results: string[] = [];
for (const file of files) results.push(await contentOrReason(file, root));
console.log(JSON.stringify(results));
