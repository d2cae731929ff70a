// The console with the keyboard alone: every action of the story is reached by Tab and done by Enter,
// the space bar, the arrows and typing; where the keyboard is can always be seen, and nothing holds it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { deskPage, header, openStage, type Stage } from "./stage.ts";

/** More stops than any page has. */
const MOST_STOPS = 300;
const row = (number: number, onCampus = "1") =>
  `s${number}@college.edu,A${
    1000 + number
  },Last${number},First${number},,01/31/2004,,,${onCampus}\n`;

/** All that the keyboard must come to, in the page's order. */
const stops = `[...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.disabled)`;
/** What has the keyboard: its name as a screen reader says it, whether one sees it, and which one it is. */
const held = `(() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(it);
  const { top, left, right, bottom } = it.getBoundingClientRect();
  const label = it.labels?.[0]?.innerText;
  return {
    name: (it.getAttribute("aria-label") ?? label ?? it.innerText).trim(),
    isRinged: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    isInSight: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
    place: ${stops}.indexOf(it),
  };
})()`;

interface Held {
  name: string;
  isRinged: boolean;
  isInSight: boolean;
  place: number;
}

describe("the console by keyboard", () => {
  let stage: Stage;
  let page: Page;

  before(async () => {
    stage = await openStage();
    page = await deskPage(stage);
  });
  after(() => stage?.stop());

  const now = async () => await page.evaluate(held) as Held | null;

  async function tab(key = "Tab"): Promise<Held | null> {
    await page.keyboard.press(key);
    const here = await now();
    if (here !== null) {
      assert.ok(here.isRinged, `${page.url()}: no ring around "${here.name}"`);
      assert.ok(here.isInSight, `${page.url()}: "${here.name}" is out of sight`);
    }
    return here;
  }

  /** Tab after Tab, to what has this name. */
  async function reach(name: string | RegExp): Promise<void> {
    const seen: string[] = [];
    for (let i = 0; i < MOST_STOPS; i++) {
      const here = await tab();
      if (here && (typeof name === "string" ? here.name === name : name.test(here.name))) return;
      if (here) seen.push(here.name);
    }
    assert.fail(`${page.url()}: ${name} is not among ${[...new Set(seen)].join(" | ")}`);
  }

  /** Reaches it and goes where it leads. */
  async function go(name: string | RegExp, heading: string | RegExp): Promise<void> {
    await reach(name);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await wholeRound();
  }

  async function type(label: string | RegExp, text: string): Promise<void> {
    await reach(label);
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.insertText(text);
  }

  async function press(name: string | RegExp, says: string | RegExp): Promise<void> {
    await reach(name);
    await page.keyboard.press("Enter");
    await page.getByText(says).first().waitFor();
  }

  /** Tab comes to all there is, in the page's order, and out again at its end; Shift+Tab goes back. */
  async function wholeRound(): Promise<void> {
    await page.evaluate("document.activeElement.blur(), getSelection().removeAllRanges()");
    await page.keyboard.press("Control+Home");
    const all = await page.evaluate(`${stops}.length`) as number;
    const places: number[] = [];
    // A field for a date has several stops.
    for (let i = 0; i < MOST_STOPS; i++) {
      const here = await tab();
      if (here === null) break;
      places.push(here.place);
    }
    const inOrder = Array.from({ length: all }, (_, i) => i);
    assert.deepEqual([...new Set(places)].toSorted((a, b) => a - b), inOrder, page.url());
  }

  /** The page of the newest upload of this name, in this state, from the list of uploads. */
  async function upload(name: string, state: RegExp): Promise<void> {
    await go("Uploads", "Uploads");
    const line = page.getByRole("row").filter({ hasText: name }).first();
    await line.filter({ hasText: state }).waitFor();
    await go(name, name);
  }

  test("signing in, past the menu, to a first school and its key", async () => {
    await page.goto(`${stage.url}/console`);
    await wholeRound();
    await type("Token", stage.adminToken);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert.equal((await tab())!.name, "Skip to the page");
    await page.keyboard.press("Enter");
    assert.equal((await tab())!.name, "Make a school", "the menu is passed over");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /school/i }).waitFor();
    await wholeRound();
    await type("Name", "Springfield College");
    await type("SFTP user name", "springfield");
    await press(/^Make it/, "Public key");
    await wholeRound();
    await type("Public key", stage.publicKey);
    await press("Register the key", "opens the door");
  });

  test("the instructions, and a school's settings", async () => {
    await go("Instructions", /Springfield/);
    await go("Settings", /Springfield/);
    await reach("A file is");
    await page.keyboard.press("ArrowDown");
    await type(/of active students would be removed/, "10");
    await press("Save", "Saved.");
    assert.equal(await page.getByLabel("A file is").inputValue(), "snapshot");
  });

  test("what was wrong in a roster, and the rejected rows", async () => {
    const rows = Array.from({ length: 12 }, (_, i) => row(i, i === 3 ? "maybe" : "1"));
    const file = await stage.write("fall.csv", header + rows.join(""));
    await stage.sftp("springfield", `put ${file} /inbound/fall.csv`);
    await upload("fall.csv", /completed/);
    await press(/^on_campus_/, /Lines with/);
    await reach("Rejected rows");
    const downloading = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    await (await downloading).path();
  });

  test("a held snapshot is looked at and released without removals", async () => {
    const file = await stage.write("half.csv", header + row(0) + row(1));
    await stage.sftp("springfield", `put ${file} /inbound/half.csv`);
    await upload("half.csv", /held/);
    await press("would become inactive", "s11@college.edu");
    await reach(/^Without removals/);
    await page.keyboard.press("Space");
    assert.ok(await page.getByLabel(/^Without removals/).isChecked());
    await press("Release", /released|Released|applied/);
    await upload("half.csv", /completed/);
  });

  test("students are found, verified and looked at", async () => {
    await go("Schools", "Schools");
    await go("Springfield College", /Springfield/);
    await go("Contacts", /Springfield/);
    await go("Students", /Springfield/);
    await type("Usernames", "s1@college.edu");
    await press("Mark them verified", "1 verified");
    await press("Look at s1@college.edu", "History");
    await wholeRound();
  });

  test("a schedule in words and an export", async () => {
    await go("Exports", "Exports");
    await go("Schools", "Schools");
    await go("Springfield College", /Springfield/);
    // The menu has a link of the same name before it.
    await reach("Exports");
    await go("Exports", /Springfield/);
    await type("When", "every weekday at 6:30 pm");
    await type("Time zone", "America/New_York");
    await press("Set the schedule", "Monday through Friday");
    await press("Run one now", /in \/outbound|on its way/);
    await wholeRound();
  });

  test("an upload is put back, its name typed again", async () => {
    await upload("fall.csv", /completed/);
    await press("Put back what this upload changed", "The file's name again");
    await type("The file's name again", "fall.csv");
    await press("Revert this upload", /reverted|put back/);
  });

  test("the rooms that are left, and out", async () => {
    await go("Messages", "Messages");
    await go("Ledger", "Ledger");
    await go("Access", "Access");
    await type("Whose it is", "Ruth");
    await press("Make it", "shown this once");
    await reach("Sign out");
    await page.keyboard.press("Enter");
    await page.getByLabel("Token").waitFor();
  });

  test("as on a telephone, the menu opens and leads on", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await type("Token", stage.adminToken);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await wholeRound();
    await page.evaluate("document.activeElement.blur()");
    await reach("Menu");
    await page.keyboard.press("Enter");
    await go("Uploads", "Uploads");
  });
});
