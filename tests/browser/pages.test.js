// The management pages in a real browser against `vms-cache dev`: an operator's way through all of them with the script
// and without it, by keyboard, and in every view in which people see them.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { chromium } = require("playwright-core");
const { start } = require("./dev.js");
const { EVERY_VIEW, look } = require("./eyes.js");

const PROGRAM = process.env.VMS_CACHE ?? path.join(__dirname, "../../target/debug/vms-cache");
const PICTURES = process.env.SCREENSHOTS ?? path.join(__dirname, "../../target/screenshots");
const PATIENCE = 60_000;
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const RECENT = "volunteer/recent/last-365-days";

let dev;
let browser;
let profile;

before(async () => {
  dev = await start(PROGRAM);
  profile = fs.mkdtempSync(path.join(os.tmpdir(), "vms-cache-home-"));
  const env = { ...process.env, HOME: profile };
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS, env });
});

after(async () => {
  await browser?.close();
  await dev?.stop();
  fs.rmSync(profile, { recursive: true, force: true });
});

/** A person with a browser of their own; what the browser complains of is a failure. */
const person = async (options = {}) => {
  const context = await browser.newContext({ baseURL: dev.url, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 40\d/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  return { context, page, complaints };
};

const go = (page, place) => page.goto(`/management/cache/${place}`);
const verdict = (page) => page.locator("h1").innerText();
/** Does what leads to another page, or loads this one anew, and waits for it, as a click alone does not. */
const leads = (page, click) => Promise.all([page.waitForEvent("load"), click()]);
const press = (page, name) => leads(page, () => page.getByRole("button", { name, exact: true }).first().click());
const open = (page, name) => page.locator("summary", { hasText: name }).first().click();

const signIn = async (page, key = dev.operator) => {
  await go(page, "status");
  await page.getByLabel("API key").fill(key);
  await press(page, "Sign in");
};

const refreshDistrict = async (page) => {
  await go(page, "status");
  await page.getByLabel("What").selectOption("district");
  await page.getByLabel("Even if fresh").check();
  await leads(page, () => page.locator(".helm").getByRole("button", { name: "Refresh", exact: true }).click());
};

/** Waits for the verdict on the run whose page is shown: the script, or a person, loads the page again. */
const untilEnded = async (page, withScript) => {
  const since = Date.now();
  while (await page.locator("progress").count() > 0) {
    assert.ok(Date.now() - since < PATIENCE, "the run ends");
    if (withScript) {
      await page.locator("progress").first().waitFor({ state: "detached" });
    } else {
      await leads(page, () => page.getByRole("link", { name: "Reload" }).first().click());
    }
  }
};

/** The whole way, which is the same with and without the script. */
const way = async ({ context, page }, withScript) => {
  await page.goto("/");
  assert.match(page.url(), /\/login/, "who has not signed in is asked to");
  await page.getByLabel("API key").fill("vms_nothing");
  await press(page, "Sign in");
  assert.match(await page.getByRole("alert").innerText(), /opens nothing here/);
  await signIn(page, dev.reader);
  assert.match(await page.getByRole("alert").innerText(), /reader/);
  await signIn(page);
  assert.equal(await verdict(page), "Everything is fresh.");

  // A refresh of one type.
  await refreshDistrict(page);
  assert.match(page.url(), /\/runs\/district\./);
  assert.match(await page.getByRole("status").first().innerText(), /asked for/);
  await untilEnded(page, withScript);
  assert.match(await page.locator(".lead").innerText(), /^succeeded/);
  assert.equal(await verdict(page), "District refresh");

  // Pause and resume.
  await go(page, "status");
  await open(page, "Pause the schedule");
  await page.locator("#pause-reason").fill("VMS is moving house");
  await page.getByLabel("Until").selectOption({ index: 1 });
  await press(page, "Pause");
  assert.match(await page.getByRole("status").first().innerText(), /paused/);
  assert.match(await verdict(page), /^The schedule is paused until \d/);
  assert.match(await page.locator("#paused").locator("..").innerText(), /VMS is moving house/);
  await press(page, "Resume the schedule");
  assert.equal(await verdict(page), "Everything is fresh.");

  // A build that waits: what would change, and the decision.
  dev.loseRows();
  await go(page, "status");
  await press(page, "Refresh Volunteer");
  await untilEnded(page, withScript);
  if (!await page.getByText(/waits for your decision: it has far fewer rows/).count()) {
    // Somebody was here before: what they approved is what is built now.
    return { waited: false };
  }
  assert.match(await page.locator(".lead").innerText(), /^partial/);
  await go(page, "status");
  assert.match(await verdict(page), /^\d+ builds? waits? for your decision/);
  await go(page, `diff/${RECENT}`);
  const removed = page.locator(".figures li", { hasText: "Rows removed" }).locator(".value");
  assert.ok(Number((await removed.innerText()).replace(",", "")) > 0);
  await press(page, `Approve the build of ${RECENT}`);
  assert.match(await page.getByRole("status").first().innerText(), /^Approved: version [0-9a-f]{12} is served now/);

  // And back again, in two steps.
  await go(page, `explain/${RECENT}`);
  await open(page, "Roll back");
  await leads(page, () => page.locator(".step[open]").getByRole("button").click());
  assert.match(await page.getByRole("status").first().innerText(), /^Rolled back/);
  return { waited: true, context };
};

/** Signs out, and is refused: the page, the program's interface, and with the cookie of before. */
const leave = async ({ context, page }) => {
  await go(page, "status");
  const cookies = await context.cookies();
  await press(page, "Sign out");
  assert.match(await page.getByRole("status").innerText(), /signed out/);
  await context.addCookies(cookies);
  await go(page, "status");
  assert.match(page.url(), /\/login/);
  assert.equal((await context.request.get("/management/cache/api/status", { headers: { accept: "application/json" } })).status(), 401);
};

describe("with the script", () => {
  test("an operator signs in, refreshes, pauses, resumes, decides, goes back and signs out", async () => {
    const someone = await person();
    await someone.page.addInitScript(() => {
      // What the bar of a run shows, kept over the load that ends it.
      const seen = new MutationObserver(() => {
        for (const bar of document.querySelectorAll("progress")) {
          sessionStorage.setItem("bar", `${bar.value} of ${bar.max}`);
        }
      });
      document.addEventListener("DOMContentLoaded", () => {
        seen.observe(document.body, { subtree: true, childList: true, attributes: true });
      });
    });
    const { waited } = await way(someone, true);
    assert.ok(waited, "a build waited");
    assert.match(await someone.page.evaluate(() => sessionStorage.getItem("bar") ?? "no bar"), /^\d+ of \d+$/);
    assert.deepEqual(someone.complaints, []);
  });

  test("every page is sound and looks as it should in each view", async () => {
    const { context, page, complaints } = await person();
    await go(page, "status");
    await look(page, "login", PICTURES);
    await signIn(page);
    await look(page, "status", PICTURES, EVERY_VIEW);
    await open(page, "Reject");
    await look(page, "status-rejecting", PICTURES);
    for (const [name, place] of [
      ["reports", "reports?cache_type=volunteer"],
      ["reports-none", "reports?text=no+such+report"],
      ["runs", "runs"],
      ["runs-none", "runs?outcome=lost"],
      ["explain", `explain/${RECENT}`],
      ["explain-missing", "explain/volunteer/recent/1920"],
      ["diff", "diff/volunteer/recent/2526"],
      ["refresh", "refresh?cache_type=volunteer"],
      ["problem", "runs/none"],
    ]) {
      await go(page, place);
      await look(page, name, PICTURES);
    }
    await go(page, "runs?outcome=partial");
    await leads(page, () => page.locator("tbody th a").first().click());
    await look(page, "run-partial", PICTURES);
    await go(page, "runs?outcome=succeeded");
    await leads(page, () => page.locator("tbody th a").first().click());
    await look(page, "run", PICTURES);

    // At work: the answers about the runs are held back, so that the bars stay.
    const other = await context.newPage();
    await other.route("**/api/runs/**", () => {});
    await go(other, "status");
    await other.getByLabel("Even if fresh").check();
    await leads(other, () => other.locator(".helm").getByRole("button", { name: "Refresh", exact: true }).click());
    assert.ok(await other.locator("progress").count() > 0, "what is at work is shown");
    await look(other, "status-at-work", PICTURES);
    await other.close();

    await go(page, "status");
    await open(page, "Pause the schedule");
    await look(page, "status-pausing", PICTURES);
    await press(page, "Pause");
    await look(page, "status-paused", PICTURES);
    await press(page, "Resume the schedule");
    assert.deepEqual(complaints, []);
  });

  test("the keyboard reaches everything, and a strip of runs is one stop", async () => {
    const { page } = await person();
    await signIn(page);
    // A second run at least, to go to.
    await refreshDistrict(page);
    await untilEnded(page, true);
    await go(page, "status");
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id);
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "matter");
    const strip = page.locator(".strip").first();
    assert.equal(await strip.locator("a[tabindex='0']").count(), 1);
    await strip.locator("a[tabindex='0']").focus();
    const newest = await focused();
    await page.keyboard.press("ArrowLeft");
    assert.notEqual(await focused(), newest);
    await page.keyboard.press("End");
    assert.equal(await focused(), newest);
    await page.locator("summary", { hasText: "Pause the schedule" }).focus();
    await page.keyboard.press("Enter");
    assert.ok(await page.locator("#pause-reason").isVisible());
    await go(page, "reports");
    await page.getByLabel("Title or key holds").fill("last-365");
    await Promise.all([page.waitForURL(/text=last-365/), page.keyboard.press("Enter")]);
    assert.equal(await page.locator("tbody tr").count(), 1);
  });

  test("who signs out is refused, with the cookie of before as well", async () => {
    const someone = await person();
    await signIn(someone.page);
    await leave(someone);
  });

  test("a notice is told once", async () => {
    const { page } = await person();
    await go(page, "login?notice=signed-out");
    assert.equal(await page.getByRole("status").count(), 1);
    await page.reload();
    assert.equal(await page.getByRole("status").count(), 0);
  });
});

describe("without the script", () => {
  test("the whole way is the same", async () => {
    // A cache of its own, in which nothing has been decided yet.
    const shared = dev;
    dev = await start(PROGRAM);
    try {
      const someone = await person({ javaScriptEnabled: false });
      const { waited } = await way(someone, false);
      assert.ok(waited, "a build waited");
      await leave(someone);
    } finally {
      await dev.stop();
      dev = shared;
    }
  });
});
