/** The house's own rules, each with what to do instead. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { problemCodesTable } from "../scripts/problem-codes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const LONGEST = 400;

/** What git keeps or would keep: path → text. */
const files = new Map(
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  }).trim().split("\n")
    .filter((path) => /\.(tsx?|mjs|json|md|txt|sql)$|^\.ci\//.test(path))
    .flatMap((path) => {
      try {
        return [[path, readFileSync(join(root, path), "utf8")] as const];
      } catch {
        return []; // removed, and not yet committed
      }
    }),
);
// What is generated is nobody's to keep tidy.
const code = [...files].filter(([path]) =>
  /\.(tsx?|mjs)$/.test(path) && path !== "cli/generated-api.d.ts"
);
const self = "test/tidy.test.ts";

/** Lines of code that match, as `path:line`. */
function lines(pattern: RegExp, where = (_path: string) => true): string[] {
  return code.filter(([path]) => path !== self && where(path)).flatMap(([path, text]) =>
    text.split("\n").flatMap((line, i) => pattern.test(line) ? [`${path}:${i + 1}`] : [])
  );
}

test(`no file of code has more than ${LONGEST} lines: it has a second reason to exist, split it`, () => {
  const long = code.map(([path, text]) => [path, text.split("\n").length - 1] as const)
    .filter(([, count]) => count > LONGEST);
  assert.deepEqual(long, []);
});

test("nothing is left to be mended later: mend it, or write down what does not hold yet", () => {
  assert.deepEqual(lines(/\b(FIXME|TODO|XXX)\b/), []);
});

test("no type is forced: as never says that the types are wrong, so mend them", () => {
  assert.deepEqual(lines(/\bas never\b/, (path) => !path.startsWith("test/")), []);
});

// What a machine lacks is skipped there with a word, and fails where all must run (--none-skipped).
test("no test is skipped or left for later: make it run, or delete it", () => {
  const isTest = (path: string) => path.endsWith(".test.ts");
  assert.deepEqual(
    lines(/\b(test|describe|it)\.(skip|todo|only)\b|\b(skip|todo|only): (true|["'`])/, isTest),
    [],
  );
});

test("an object is asked for with worker/given.ts: v.strictObject takes a list for one", () => {
  const elsewhere = (path: string) => path !== "worker/given.ts";
  assert.deepEqual(lines(/\bv\.strictObject\(/, elsewhere), []);
});

test("only the main files read the environment: a setting is passed in", () => {
  const holds = (path: string) =>
    /^(bridge|worker|shared)\//.test(path) &&
    !/^(bridge\/main|worker\/main|worker\/platform\/runtime)\.ts$/.test(path);
  assert.deepEqual(lines(/\bprocess\.env\b|\bDeno\.env\b|\["env"\]/, holds), []);
});

test("packages come by their names, never from a host: an address in a lock is another machine's", () => {
  const addresses = /"resolved": "https?:|registry\.|\bnpm config set registry\b/;
  const found = [...files].filter(([path, text]) =>
    path !== self && addresses.test(text) && !path.endsWith(".md")
  );
  assert.deepEqual(found.map(([path]) => path), []);
});

test("every problem code is in docs/problems.md: run scripts/problem-codes.ts and npm run format", () => {
  const rows = (text: string) =>
    text.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
      line.replace(/ +/g, " ").trim()
    );
  assert.deepEqual(rows(files.get("docs/problems.md")!), rows(problemCodesTable()));
});

test("every file that a page names is there: name it as it is called now", () => {
  const pages = [...files].filter(([path]) => path.endsWith(".md"));
  const missing = pages.flatMap(([page, text]) => {
    const links = [...text.matchAll(/\]\(([^)#]+\.md)[^)]*\)/g)].map(([, to]) =>
      to!.includes("://") ? "" : join(page, "..", to!)
    );
    const paths = [...text.matchAll(/`((?:bridge|worker|shared|scripts|test)\/[\w/.-]+)`/g)]
      .map(([, path]) => path!.replace(/\/$/, ""));
    return [...links, ...paths].filter((path) => path !== "")
      .filter((path) =>
        !files.has(path) && ![...files.keys()].some((it) => it.startsWith(`${path}/`))
      )
      .map((path) => `${page}: ${path}`);
  });
  assert.deepEqual(missing, []);
});

test("every room is in CONTRIBUTING's picture of the house: write it there", () => {
  const picture = /```text\n(bridge\/.*?)```/s.exec(files.get("CONTRIBUTING.md")!)![1]!;
  const rooms = [...files.keys()].flatMap((path) =>
    /^(?:bridge|worker|cli|shared)\/([^/]+)\//.exec(path)?.[1] ?? []
  );
  assert.ok(rooms.length > 100, `${rooms.length} files are in rooms`);
  const words = new Set(picture.match(/[\w-]+/g));
  assert.deepEqual([...new Set(rooms)].filter((room) => !words.has(room)), []);
});

test("every claim of docs/security.md has a test beside it, which is there with those words in its name", () => {
  const claims = files.get("docs/security.md")!.split("\n## ").slice(1).flatMap((part) =>
    part.split("\n").filter((line) => /^\| (?!claim |-)/.test(line))
  );
  assert.ok(claims.length > 50, `${claims.length} claims`);
  const names = (file: string) =>
    [...(files.get(file) ?? "").matchAll(/\btest\(\s*(["'`])((?:\\.|(?!\1).)*)\1/g)]
      .map(([, , name]) => name!);
  const unshown = claims.filter((claim) => {
    const [, , shownBy] = claim.split("|");
    const tests = shownBy!.split("; ").map((test) => /^ ?`(test\/.+)`: "(.+)" *$/.exec(test));
    return !tests.every((test) => test && names(test[1]!).some((it) => it.includes(test[2]!)));
  });
  assert.deepEqual(unshown, []);
});

test("every item of the contract has a test that names it, or says that it does not hold yet", () => {
  const items = specItems(files.get("docs/spec.md")!);
  assert.ok(items.length > 50, `${items.length} items were found`);
  const held = specTests(files.get("test/spec-tests.txt")!);

  const stray = held.filter(({ section, words }) =>
    !items.some((item) => item.section === section && item.text.includes(words))
  );
  assert.deepEqual(stray.map(({ words }) => words), [], "named in spec-tests.txt, not in spec.md");

  const missing = held.filter(({ file, name }) => !files.get(`test/${file}`)?.includes(name));
  assert.deepEqual(
    missing.map(({ file, name }) => `${file}: ${name}`),
    [],
    "tests that are not there: name them in spec-tests.txt as they are called now",
  );

  const bare = items.filter(({ section, text }) =>
    !text.includes("_Not yet") &&
    !held.some((entry) => entry.section === section && text.includes(entry.words))
  );
  assert.deepEqual(bare.map(({ text }) => text.slice(0, 80)), [], "items without a test");
});

interface Item {
  section: string;
  text: string;
}

/** The list items and table rows of sections 1 to 11. */
function specItems(spec: string): Item[] {
  return spec.split(/\n(?=## )/).flatMap((chapter) => {
    const section = /^## ([1-9]|10|11)\. /.exec(chapter)?.[1];
    if (!section) return [];
    const all = chapter.split("\n");
    const items: Item[] = [];
    let open: Item | undefined;
    for (const [i, line] of all.entries()) {
      const isRow = line.startsWith("|") && !/^[|\s-]+$/.test(line);
      const isHead = /^\|[|\s-]+$/.test(all[i + 1] ?? "");
      if (line.startsWith("- ")) items.push(open = { section, text: line.slice(2) });
      else if (isRow && !isHead) items.push({ section, text: line });
      else if (line.startsWith("  ") && open) open.text += ` ${line.trim()}`;
      else open = line.trim() === "" ? open : undefined;
    }
    if (section === "8") items.push({ section, text: chapter.replace(/\s+/g, " ") });
    return items;
  });
}

function specTests(text: string) {
  return text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => {
    const [section, words, file, name] = line.split(" | ") as [string, string, string, string];
    return { section, words, file, name };
  });
}
