// The test files as the runner is given them: plain JavaScript in few files, compiled once for the whole
// run. Through tsx each test's process would load some three hundred modules one by one.
import { build } from "esbuild";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Each module knows itself by where its source lies. */
const sourceUrls = {
  name: "source URLs",
  setup({ onLoad }) {
    onLoad({ filter: /\.(tsx?|mjs)$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!source.includes("import.meta.url")) return;
      const url = JSON.stringify(pathToFileURL(path).href);
      const contents = source.replaceAll("import.meta.url", url);
      return { contents, loader: path.endsWith(".mjs") ? "js" : extname(path).slice(1) };
    });
  },
};

/**
 * @param sources paths from the root
 * @returns the folder they are in, for the caller to remove; and their paths, in the order of the sources
 */
export async function bundleTests(sources) {
  // In node_modules they find the packages, which stay as they are.
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "tests-"));
  await build({
    absWorkingDir: root,
    entryPoints: sources,
    outbase: root,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: true,
    sourcesContent: false,
    logLevel: "warning",
    plugins: [sourceUrls],
  });
  return { folder, files: sources.map((path) => join(folder, path.replace(/ts$/, "mjs"))) };
}
