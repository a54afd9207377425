import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { readResource } from "../resources/files.ts";

/** A file that documents load. Its name has a hash of its content, so that browsers can keep it forever. */
export interface Asset {
  readonly type: string;
  readonly content: Buffer;
  readonly gzipped: Buffer;
}

/** Names of the files that a document names itself. */
export interface AssetNames {
  readonly script: string;
  readonly style: string;
  readonly icon: string;
}

interface Manifest extends AssetNames {
  readonly files: readonly string[];
}

/** Finds files of the page. */
export interface Assets {
  /** Resolves to `undefined` if they were not built. */
  names(): Promise<AssetNames | undefined>;
  find(name: string): Promise<Asset | undefined>;
}

/** Where `npm run build` writes them, beside the bundle, and where `npm start` does. */
const FOLDERS = ["assets/", "../../node_modules/.cache/page/"].map(
  (folder) => new URL(folder, import.meta.url),
);

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
};

const gzipInPool = promisify(gzip);

interface LoadedAssets {
  readonly names: AssetNames;
  readonly files: ReadonlyMap<string, Asset>;
}

/** Creates what reads the files, once, when the first one is asked for. */
export function createAssets(onMissing: (text: string) => void): Assets {
  let loading: Promise<LoadedAssets | undefined> | undefined;
  const load = (): Promise<LoadedAssets | undefined> => {
    loading ??= loadFrom(FOLDERS).then((loaded) => {
      if (loaded === undefined)
        onMissing(
          "the page has neither style nor script, because they were not built: npm run assets builds them",
        );
      return loaded;
    });
    return loading;
  };
  return {
    names: async () => (await load())?.names,
    find: async (name) => (await load())?.files.get(name),
  };
}

async function loadFrom(folders: readonly URL[]): Promise<LoadedAssets | undefined> {
  for (const folder of folders) {
    const text = await readResource(new URL("manifest.json", folder)).catch(() => undefined);
    if (text === undefined) continue;
    const manifest = JSON.parse(text.toString("utf8")) as Manifest;
    const files = await Promise.all(
      manifest.files.map(async (name) => [name, await read(new URL(name, folder))] as const),
    );
    return { names: manifest, files: new Map(files) };
  }
  return undefined;
}

async function read(file: URL): Promise<Asset> {
  const content = await readResource(file);
  const type = TYPES[file.pathname.slice(file.pathname.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return { type, content, gzipped: await gzipInPool(content, { level: 9 }) };
}
