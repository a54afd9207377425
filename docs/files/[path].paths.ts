import { filePages } from "../.vitepress/file-pages.ts";

/** The files of the repository that pages link to; VitePress makes a page of each. */
export default { paths: filePages };
