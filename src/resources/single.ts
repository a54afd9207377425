import { getAsset, getAssetKeys } from "node:sea";

/**
 * The scheme of the URLs of modules and other files inside of a single executable: a program that is one file with Node.js,
 * its modules and all that they read. Paths are those in the installed package, such as `single:///dist/main.js`.
 */
const SCHEME = "single:";

/** Returns the key of a file inside of a single executable; `undefined` for a file of the file system. */
export const keyOf = ({ protocol, pathname }: URL): string | undefined =>
  protocol === SCHEME ? pathname.slice(1) : undefined;

/** Returns the URL of a file inside of a single executable. */
export const urlOf = (key: string): URL => new URL(`${SCHEME}///${key}`);

/**
 * Returns a file inside of a single executable.
 * @throws Error if there is no such file
 */
export const embedded = (key: string): Buffer => Buffer.from(getAsset(key));

/** Returns the names of all files below a folder inside of a single executable, sorted. */
export const embeddedBelow = (folder: string): readonly string[] => {
  const prefix = folder.endsWith("/") ? folder : `${folder}/`;
  return getAssetKeys()
    .flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
    .toSorted();
};
