// Serves the web client: built from web/ on first need, kept on disk by the hash of its sources, so that no
// start waits for a build. Hashed names are cached for ever; the page itself is asked for anew each time and
// carries a policy under which nothing but the client's own files runs.

import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface WebFile {
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

export interface WebAssets {
  /** null: the path is not the web client's. A path of the client that does not exist is answered with 404. */
  fetch(path: string, headers: Headers): Promise<Response> | null;
  /** Builds or loads now, for a server that has just become ready and has a moment. */
  warm(): Promise<void>;
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** `embedded`: what packWebFiles made at compile time, for an executable that carries no sources. */
export function openWebAssets(options: { root: string; embedded?: Uint8Array }): WebAssets {
  let loading: Promise<Map<string, WebFile>> | null = null;
  const files = () => {
    loading ??= load(options).catch((error) => {
      loading = null;
      throw error;
    });
    return loading;
  };
  return {
    fetch: (path, headers) => {
      const name = path === "/" ? "/index.html" : path;
      if (name !== "/index.html" && !name.startsWith("/assets/")) return null;
      return files().then((byPath) => answer(byPath.get(name), headers));
    },
    warm: async () => void (await files()),
  };
}

function answer(file: WebFile | undefined, headers: Headers): Response {
  if (!file) return new Response("Not found\n", { status: 404, headers: { "cache-control": "no-store" } });
  const isPage = file.type.startsWith("text/html");
  const etag = `"${Bun.hash(file.body).toString(36)}"`;
  const sent = new Headers({
    "content-type": file.type,
    "cache-control": isPage ? "no-cache" : "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    vary: "accept-encoding",
    etag,
  });
  if (isPage) sent.set("content-security-policy", contentSecurityPolicy);
  if (headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers: sent });
  const zipped = /\bgzip\b/.test(headers.get("accept-encoding") ?? "");
  if (zipped) sent.set("content-encoding", "gzip");
  return new Response(zipped ? file.gzip : file.body, { headers: sent });
}

async function load(options: { root: string; embedded?: Uint8Array }): Promise<Map<string, WebFile>> {
  const files = options.embedded ? unpackWebFiles(options.embedded) : await builtOrKept(options.root);
  return new Map(files.map((file) => [file.path, file]));
}

async function builtOrKept(root: string): Promise<readonly WebFile[]> {
  const folder = join(root, "node_modules/.cache/banyan-web");
  const kept = join(folder, `${await hashOfSources(root)}.json`);
  const found = await Bun.file(kept)
    .bytes()
    .catch(() => null);
  if (found) return unpackWebFiles(found);
  const files = await buildWebFiles(root);
  await keep(folder, kept, packWebFiles(files)).catch(() => {}); // a read-only install builds at each start
  return files;
}

async function keep(folder: string, path: string, packed: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.${process.pid}`, packed);
  await rename(`${path}.${process.pid}`, path);
  const older = (await readdir(folder)).filter(
    (name) => name.endsWith(".json") && join(folder, name) !== path,
  );
  await Promise.all(older.map((name) => rm(join(folder, name), { force: true })));
}

/** Everything that the client's bytes depend on. */
async function hashOfSources(root: string): Promise<string> {
  const folders = ["web", "sdk", "protocol", "base"];
  const inFolders = await Promise.all(
    folders.map((folder) => readdir(join(root, folder), { recursive: true, withFileTypes: true })),
  );
  const paths = inFolders
    .flat()
    .flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
  paths.push(join(root, "package-lock.json"), join(root, "app/web-assets.ts"));
  paths.sort();
  const hash = new Bun.CryptoHasher("sha256").update(Bun.version);
  for (const bytes of await Promise.all(paths.map((path) => Bun.file(path).bytes()))) hash.update(bytes);
  return hash.digest("hex").slice(0, 32);
}

export async function buildWebFiles(root: string): Promise<readonly WebFile[]> {
  const built = await Bun.build({
    entrypoints: [join(root, "web/shell/index.html")],
    target: "browser",
    minify: true,
    publicPath: "/",
    naming: {
      entry: "[name].[ext]",
      chunk: "assets/[name]-[hash].[ext]",
      asset: "assets/[name]-[hash].[ext]",
    },
    define: { "process.env.NODE_ENV": '"production"' },
    jsx: { runtime: "automatic", importSource: "preact", development: false },
  });
  return Promise.all(
    built.outputs.map(async (output) => {
      const body = new Uint8Array(await output.arrayBuffer());
      return {
        path: output.path.replace(/^\.?\/?/, "/"),
        type: output.type,
        body,
        gzip: Bun.gzipSync(body, { level: 9 }),
      };
    }),
  );
}

/** One file for the cache, or for `bun build --compile` to carry. */
export function packWebFiles(files: readonly WebFile[]): Uint8Array {
  const portable = files.map(({ path, type, gzip }) => ({ path, type, gzip: gzip.toBase64() }));
  return new TextEncoder().encode(JSON.stringify(portable));
}

function unpackWebFiles(packed: Uint8Array): readonly WebFile[] {
  const portable = JSON.parse(new TextDecoder().decode(packed)) as {
    path: string;
    type: string;
    gzip: string;
  }[];
  return portable.map(({ path, type, gzip: text }) => {
    const gzip = Uint8Array.fromBase64(text);
    return { path, type, body: Bun.gunzipSync(gzip), gzip };
  });
}
