// One story, in Chromium with OpenSSH's sftp beside it: from nothing to a school whose rosters are
// checked, held, released, verified, exported and put back, with the console alone.
// PICTURES=docs/console keeps a picture of every page, light, dark and as on a telephone.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { cutOff, deskPage, header, openStage, type Stage, violations } from "./stage.ts";

const pictures = process.env["PICTURES"];
/** The most a page may be on the wire, in bytes. */
const MOST_BYTES = 60 * 1024;
/** What is below repeats what is above, in pixels. */
const TALLEST_PICTURE = 1600;

function row(number: number, dob = "01/31/2004"): string {
  return `s${number}@college.edu,A${1000 + number},Last${number},First${number},,${dob},,,1\n`;
}

describe("the console", () => {
  let stage: Stage;
  let page: Page;

  before(async () => {
    stage = await openStage();
    page = await deskPage(stage);
    if (pictures) await mkdir(pictures, { recursive: true });
  });
  after(() => stage?.stop());

  async function signIn(token: string): Promise<void> {
    await page.goto(`${stage.url}/console`);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  }

  async function open(path: string): Promise<void> {
    await page.goto(`${stage.url}/console${path}`);
  }

  /** Every page is looked at: by axe, by its size, and by a person. */
  async function look(name: string): Promise<void> {
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await cutOff(page), [], `${name}: wider than its card on a desk`);
    const cookie = (await page.context().cookies()).map((it) => `${it.name}=${it.value}`).join(
      "; ",
    );
    const answer = await fetch(page.url(), { headers: { cookie } });
    const html = new Uint8Array(await answer.arrayBuffer());
    assert.ok(gzipSync(html).length < MOST_BYTES, `${name} has ${gzipSync(html).length} bytes`);
    if (!pictures) return;
    const tall = await page.evaluate("document.documentElement.scrollHeight") as number;
    const clip = { x: 0, y: 0, width: 1280, height: Math.min(tall, TALLEST_PICTURE) };
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        ...{ path: `${pictures}/${name}-${colorScheme}.jpg`, quality: 60 },
        ...{ fullPage: true, clip },
      });
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.evaluate("document.querySelector('.menu')?.removeAttribute('open')");
    await page.screenshot({ path: `${pictures}/${name}-phone.jpg`, quality: 60 });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.evaluate("document.querySelector('.menu')?.setAttribute('open', '')");
  }

  /** The page of the newest upload of this name, when it is there in this state. */
  async function upload(name: string, state: RegExp): Promise<void> {
    for (;;) {
      await open("/uploads");
      const line = page.getByRole("row").filter({ hasText: name }).first();
      if (await line.count() > 0 && state.test(await line.innerText())) {
        await line.getByRole("link", { name, exact: true }).click();
        return;
      }
    }
  }

  test("nothing is there yet, and the console says where to begin", async () => {
    await page.goto(`${stage.url}/console`);
    await look("sign-in");
    await signIn(stage.adminToken);
    await page.getByText("There is no school yet").waitFor();
    await look("overview-empty");
  });

  test("a school is made, its key pasted; a private one is refused at once", async () => {
    await page.getByRole("link", { name: "Make a school" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Springfield College");
    await page.getByLabel("SFTP user name").fill("springfield");
    await look("school-new");
    await page.getByRole("button", { name: /Make it/ }).click();
    const key = page.getByLabel("Public key");
    await key.fill("-----BEGIN OPENSSH PRIVATE KEY-----");
    await page.getByText("This is a private key. Do not send it").waitFor();
    assert.equal(await key.inputValue(), "");
    await key.fill(stage.publicKey);
    await page.getByLabel("Label").fill("nightly job");
    await page.getByRole("button", { name: "Register the key" }).click();
    await page.getByText("opens the door", { exact: true }).waitFor();
    await look("school-keys");
  });

  test("the instructions have the exact command, and the page changes when the school first comes in", async () => {
    await open("/schools/springfield/sheet");
    await page.getByText(`-P ${stage.sftpPort} springfield@127.0.0.1`).waitFor();
    await page.getByText(/SHA256:/).first().waitFor();
    await look("school-instructions");
    for (
      const [button, holds] of [["WinSCP site", "UserName=springfield"], [
        "FileZilla site",
        "<User>springfield</User>",
      ], ["Template", "Username,StudentId"]] as const
    ) {
      const downloading = page.waitForEvent("download");
      await page.getByRole("link", { name: button, exact: true }).click();
      const text = await readFile(await (await downloading).path(), "utf8");
      assert.ok(text.includes(holds), text);
    }
    await open("/schools/springfield");
    await look("school-first-steps");
    await page.getByText("This page says when it first comes in").waitFor();
    await stage.sftp("springfield", "ls /inbound");
    await page.getByText("It has come in.").waitFor();
  });

  test("a roster with rejected rows says what was wrong, and the corrected rows are taken", async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => row(i, i % 10 === 3 ? "2004-01-31" : undefined),
    );
    const file = await stage.write("fall.csv", header + rows.join(""));
    await stage.sftp("springfield", `put ${file} /inbound/fall.csv`);
    await upload("fall.csv", /completed/);
    await page.getByRole("link", { name: "dob_format" }).click();
    await page.getByRole("heading", { name: /Lines with/ }).waitFor();
    await look("upload-problems");
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Rejected rows" }).click();
    const rejected = await readFile(await (await downloading).path(), "utf8");
    assert.equal(rejected.trimEnd().split("\n").length, 5, "the header and four rows");
    const mended = await stage.write("mended.csv", rejected.replaceAll("2004-01-31", "01/31/2004"));
    await stage.sftp("springfield", `put ${mended} /inbound/mended.csv`);
    await upload("mended.csv", /completed/);
    await page.getByText("4 added").waitFor();
  });

  test("a snapshot that would remove half of the school is held, shown, and released without removals", async () => {
    await open("/schools/springfield/settings");
    await page.getByLabel("A file is").selectOption("snapshot");
    await page.getByLabel(/of active students would be removed/).fill("10");
    await look("school-settings");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();

    const half = Array.from({ length: 20 }, (_, i) => row(i));
    const file = await stage.write("half.csv", header + half.join("") + row(99));
    await stage.sftp("springfield", `put ${file} /inbound/half.csv`);
    await upload("half.csv", /held/);
    await page.getByRole("heading", { name: "What it would do" }).waitFor();
    await page.getByRole("link", { name: "would become inactive" }).click();
    await page.getByText("s39@college.edu").waitFor();
    await look("upload-held");
    await open("");
    await page.getByText("Needs a person").waitFor();
    await look("overview");
    await upload("half.csv", /held/);
    await page.getByLabel(/Without removals/).check();
    await page.getByRole("button", { name: "Release" }).click();
    await upload("half.csv", /completed/);
    await open("/schools/springfield/students");
    await page.getByText("s99@college.edu").waitFor();
    await look("school-students");
  });

  test("a reviewer verifies students and can do nothing else", async () => {
    await open("/access");
    await page.getByLabel("Whose it is").fill("Ruth");
    await page.getByLabel("Role").selectOption("reviewer");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByText("shown this once").waitFor();
    const token = await page.locator("main code").first().innerText();
    await open("/access");
    await look("access");
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(token);
    await open("/schools/springfield/keys");
    assert.equal(await page.getByRole("button", { name: "Register the key" }).count(), 0);
    await open("/schools/springfield/students");
    await page.getByLabel("Usernames").fill("s1@college.edu\ns2@college.edu");
    await page.getByRole("button", { name: "Mark them verified" }).click();
    await page.getByText("2 verified").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(stage.adminToken);
  });

  test("a schedule is set in words, an export is fetched, and the console says so", async () => {
    await open("/schools/springfield/exports");
    await page.getByLabel("When").fill("every weekday at 6:30 pm");
    await page.getByLabel("Time zone").fill("America/New_York");
    await page.getByRole("button", { name: "Set the schedule" }).click();
    await page.getByText("Monday through Friday").waitFor();
    await page.getByRole("button", { name: "Run one now" }).click();
    await page.getByText("in /outbound").waitFor();
    await look("school-exports");
    await stage.sftp("springfield", `get /outbound/verified-* ${stage.folder}`);
    await page.getByRole("table").getByText("downloaded", { exact: true }).waitFor();
    await open("/exports");
    await look("exports");
  });

  test("the first upload is put back", async () => {
    await upload("fall.csv", /completed/);
    await page.getByText("Put back what this upload changed").click();
    await page.getByLabel("The file's name again").fill("fall.csv");
    await page.getByRole("button", { name: "Revert this upload" }).click();
    await upload("fall.csv", /reverted/);
    await look("upload-reverted");
    await open("/schools/springfield/students");
    await page.getByRole("button", { name: "Look at s99@college.edu" }).click();
    await page.getByRole("link", { name: "half.csv" }).waitFor();
    assert.deepEqual(await violations(page), []);
  });

  test("every other page is looked at too", async () => {
    for (
      const [path, name] of [
        ["/schools", "schools"],
        ["/schools/springfield", "school"],
        ["/schools/springfield/placements", "school-placements"],
        ["/schools/springfield/contacts", "school-contacts"],
        ["/schools/springfield/files", "school-files"],
        ["/uploads", "uploads"],
        ["/messages", "messages"],
        ["/ledger", "ledger"],
        ["/ledger/verify", "ledger-verified"],
        ["/schools/nowhere", "not-found"],
      ] as const
    ) {
      await open(path);
      await look(name);
    }
    await open("/ledger/verify");
    await page.getByText("Nothing is missing, changed or added").waitFor();
  });

  test("a page can be used by keyboard: the first stop leads past the menu", async () => {
    await open("");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the page");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate("location.hash"), "#main");
  });
});
