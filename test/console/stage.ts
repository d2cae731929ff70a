/** A service as `npm start` runs it, a real browser and a school with OpenSSH's sftp. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { freePort } from "../free-port.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Stage {
  folder: string;
  url: string;
  sftpPort: number;
  adminToken: string;
  browser: Browser;
  /** A school's side: its key, and a batch of commands in OpenSSH's sftp. */
  publicKey: string;
  sftp(slug: string, ...commands: string[]): Promise<string>;
  write(name: string, text: string): Promise<string>;
  stop(): Promise<void>;
}

export const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\n";

/** A page as on a desk, where nobody is signed in. */
export async function deskPage({ browser }: Stage): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return page;
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-console-"));
  const [port, sftpPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "scripts/start.ts")], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      DATA_DIR: join(folder, "data"),
      PORT: String(port),
      SFTP_PORT: String(sftpPort),
      HEALTH_PORT: "0",
      SETTLE_MS: "100",
      STOP_WITH_STDIN: "1",
    },
    // The pipe to its standard input ends with this process, however that ends.
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // Nothing is ever written there.
  let output = "";
  const ready = new Promise<void>((resolve, reject) => {
    const look = (piece: Buffer) => {
      output += piece;
      if (/the token is in/.test(output)) resolve();
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) => reject(new Error(`npm start ended with ${code}: ${output}`)));
  });
  await ready;
  const ended = once(child, "close");
  const keyFile = join(folder, "school_key");
  await run("ssh-keygen", ["-q", "-t", "rsa", "-b", "3072", "-N", "", "-f", keyFile]);
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
  const options = [
    ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
    ...["-o", "LogLevel=ERROR", "-i", keyFile, "-P", String(sftpPort), "-b", "-"],
  ];
  return {
    ...{ folder, sftpPort, browser },
    url: `http://127.0.0.1:${port}`,
    adminToken: (await readFile(join(folder, "data", "admin-token"), "utf8")).trim(),
    publicKey: await readFile(`${keyFile}.pub`, "utf8"),
    sftp: (slug, ...commands) =>
      run("sftp", [...options, `${slug}@127.0.0.1`], `${commands.join("\n")}\n`),
    async write(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    async stop() {
      await browser.close();
      child.removeAllListeners("exit");
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Debian's, or another that is here. */
function chromiumPath(): string {
  const paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = paths.find((path) => existsSync(path));
  assert.ok(found, `chromium is not here (looked at ${paths.join(", ")}); install it`);
  return found;
}

function run(program: string, words: string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program}: ${stderr || error.message}`));
      else resolve(stdout);
    });
    child.stdin!.end(input);
  });
}

const axe = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));

/** What axe finds wrong with the page as it is shown now, light and dark. */
export async function violations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    // Through the protocol, so that the page's own policy against foreign scripts stays.
    await page.evaluate(await readFile(axe, "utf8"));
    const results = await page.evaluate("axe.run()") as {
      violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
    };
    for (const { id, nodes } of results.violations) {
      found.push(
        `${page.url()} ${colorScheme} ${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`,
      );
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

/** The lists that are wider than what shows them, so that a part of them is out of sight. */
export async function cutOff(page: Page): Promise<string[]> {
  return await page.evaluate(`[...document.querySelectorAll(".wide")]
    .filter((it) => it.scrollWidth > it.clientWidth + 1)
    .map((it) => it.getAttribute("aria-label") + ": " + it.scrollWidth + " of " + it.clientWidth)`);
}
