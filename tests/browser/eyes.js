// What looks at a page: axe for what a machine can tell, and pictures for people.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The most of a long page that is pictured, in pixels. */
const TALLEST = 4000;

/** Nothing that axe knows of is wrong with the page. */
const audit = async (page, name, view) => {
  // Where people force colours of their own, contrast is theirs, and not what the style sheet says.
  const rules = { "color-contrast": { enabled: !view.media.forcedColors } };
  const options = { runOnly: { type: "tag", values: TAGS }, rules };
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((given) => window.axe.run(given), options);
  const told = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${v.help}: ${n.html.slice(0, 160)} ${n.failureSummary}`));
  assert.deepEqual(told, [], `${name}: ${told.length} violations`);
};

/** The ways in which most people see a page. */
const VIEWS = [
  { name: "light", width: 1280, media: { colorScheme: "light" } },
  { name: "dark", width: 1280, media: { colorScheme: "dark" } },
  { name: "narrow", width: 360, media: { colorScheme: "light" } },
];

/** And some more. */
const EVERY_VIEW = [
  ...VIEWS,
  { name: "narrow-dark", width: 360, media: { colorScheme: "dark" } },
  { name: "forced", width: 1280, media: { colorScheme: "dark", forcedColors: "active" } },
];

/** The cells of tables that leave their words too little room to be read: fewer pixels than a date takes. */
const cramped = (page) =>
  page.evaluate(() => {
    const room = (cell) => {
      const { paddingLeft, paddingRight } = getComputedStyle(cell);
      return cell.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    };
    const cells = [...document.querySelectorAll("tbody th, tbody td")].filter((c) => c.textContent.trim().length > 8);
    return cells.filter((cell) => room(cell) < 80).map((cell) => cell.textContent.trim().slice(0, 40));
  });

/**
 * Audits the page in each view, keeps a picture of it, and finds nothing that must be scrolled sideways or stands in
 * too narrow a cell.
 */
const look = async (page, name, folder, views = VIEWS) => {
  fs.mkdirSync(folder, { recursive: true });
  for (const view of views) {
    await page.emulateMedia({ forcedColors: "none", reducedMotion: "reduce", ...view.media });
    await page.setViewportSize({ width: view.width, height: 800 });
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: view.width, height: Math.min(height, TALLEST) });
    await page.screenshot({ path: path.join(folder, `${name}-${view.name}.png`) });
    await audit(page, `${name}, ${view.name}`, view);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(beyond <= 0, `${name}, ${view.name}: ${beyond} pixels stick out`);
    assert.deepEqual(await cramped(page), [], `${name}, ${view.name}: cells without room`);
  }
  await page.emulateMedia({ colorScheme: "light", forcedColors: "none" });
  await page.setViewportSize({ width: 1280, height: 800 });
};

module.exports = { EVERY_VIEW, look };
