// What a person does with the page of a fleet, in a real browser.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { contrast, file, newPage, run, screenshot } from "./browser.mjs";

// How long the page of 5,000 people may take until it can be used, in milliseconds, on a machine whose browser opens a
// plain table of as many rows in PLAIN_TABLE milliseconds. On a slower machine, it may take longer by as much.
const LOADED_WITHIN = 2000;
const PLAIN_TABLE = 500;

const visible = (page) => page.locator("#roster tbody tr:visible");
const names = (page) => page.$$eval("#roster tbody tr:not([hidden]) th", (cells) => cells.map((cell) => cell.textContent));
const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

const tests = {
  async shows_everything_without_a_script({ browser, url }) {
    const page = await newPage(browser, { javaScriptEnabled: false });
    await page.goto(url);
    assert.equal(await page.locator("#roster tbody tr").count(), 3);
    assert.equal(await page.locator("#filters").isVisible(), false);
    assert.ok(await page.locator("#reach svg path").count() > 3);
  },

  async searches({ page }) {
    await page.fill("#search", "田中");
    assert.deepEqual(await names(page), ["tanaka.taro"]);
    assert.equal(await page.locator("#shown").textContent(), "1 of 3 people");
    // Words in any order, case or width.
    await page.fill("#search", "ＲＥＤ sato");
    assert.deepEqual(await names(page), ["sato.hana"]);
    await page.fill("#search", "nobody");
    assert.equal(await visible(page).count(), 0);
    await page.press("#search", "Escape");
    assert.equal(await visible(page).count(), 3);
  },

  async filters({ page }) {
    await page.getByLabel("state").selectOption("suspended");
    assert.deepEqual(await names(page), ["sato.hana"]);
    await page.getByLabel("team").selectOption("blue");
    assert.equal(await visible(page).count(), 0);
    await page.getByLabel("state").selectOption("all");
    assert.deepEqual(await names(page), ["tanaka.taro"]);
  },

  async sorts({ page }) {
    const button = page.getByRole("button", { name: "name", exact: true });
    await button.click();
    assert.deepEqual(await names(page), ["sato.hana", "suzuki_ken+dev", "tanaka.taro"]);
    await button.click();
    assert.deepEqual(await names(page), ["tanaka.taro", "suzuki_ken+dev", "sato.hana"]);
    assert.equal(await page.locator("#roster th[aria-sort=descending]").count(), 1);
  },

  async is_used_by_keyboard({ page }) {
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);
    assert.equal(await focused(), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "search");
    await page.keyboard.type("tanaka/");
    assert.equal(await page.inputValue("#search"), "tanaka/");
    await page.focus("#accounts summary");
    const open = () => page.locator("#accounts details").first().evaluate((details) => details.open);
    const before = await open();
    await page.keyboard.press("Enter");
    assert.equal(await open(), !before);
    await page.focus("#roster thead button");
    await page.keyboard.press("Space");
    assert.equal(await page.locator("#roster th[aria-sort=ascending]").count(), 1);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid");
  },

  async is_dark_when_asked({ browser, url }) {
    const light = "rgb(255, 255, 255)";
    const page = await newPage(browser, { colorScheme: "dark" });
    await page.goto(url);
    const dark = await paper(page);
    assert.notEqual(dark, light);
    await page.getByRole("button", { name: "Dark" }).click();
    assert.equal(await paper(page), light);
    await page.getByRole("button", { name: "Dark" }).click();
    assert.equal(await paper(page), dark);
    await screenshot(page);
    await contrast(page);
    await page.emulateMedia({ colorScheme: "light" });
    await page.reload();
    assert.equal(await paper(page), light);
    await contrast(page);
    // Nor does the diff keep the colours of the other scheme.
    await page.getByRole("button", { name: "Dark" }).click();
    assert.equal(await paper(page), dark);
    await contrast(page);
  },

  async prints_what_is_folded({ page }) {
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = false; }));
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("#search").isVisible(), false);
    const height = await page.locator("#accounts table").first().evaluate((table) => table.getBoundingClientRect().height);
    assert.ok(height > 50, `the folded table is ${height} high`);
    // What fits on A4 upright, within its margins.
    await page.setViewportSize({ width: 718, height: 1000 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 718, `the page is ${wide} wide on paper`);
    const pdf = await page.pdf({ format: "A4" });
    assert.ok(pdf.length > 10_000);
  },

  async shows_what_changes({ page }) {
    await page.getByRole("link", { name: "Changes" }).click();
    const text = await page.locator("#changes").innerText();
    assert.match(text, /1 to change/);
    assert.match(text, /VolumeSizeInGB: 20 -> 30/);
    assert.equal(await page.getByText("The out folder is stale.").count(), 0);
  },

  // The page was made with texts that would run as scripts, or fetch something, if any of them came to be markup.
  async runs_nothing_of_the_roster({ page, requests, complaints }) {
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
    const text = await page.locator("body").innerText();
    assert.ok(text.includes("<img src=x onerror="), "the hostile text is shown as text");
    assert.equal(await page.locator("img, iframe, object, embed, body script[src], link[rel=stylesheet]").count(), 0);
    assert.equal(await page.locator("script").count(), 1);
    assert.deepEqual(requests.filter((address) => !address.startsWith("file:") && !address.startsWith("data:")), []);
    // Even what somebody adds to the page does not run.
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.pwned = 1";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", "<button onclick='globalThis.pwned = 1' id='trap'>x</button>");
    });
    await page.click("#trap");
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
    assert.ok(complaints.length >= 2, `the page's policy refused ${complaints.length} times`);
  },

  async opens_5000_people_quickly({ browser, url }) {
    const page = await newPage(browser);
    const cells = Array.from({ length: 8 }, (_, n) => `<td>something ${n}</td>`).join("");
    const plain = `${file}.plain.html`;
    writeFileSync(plain, `<!DOCTYPE html><title>plain</title><table>${`<tr>${cells}</tr>`.repeat(5000)}</table>`);
    const open = async (url) => {
      const start = performance.now();
      await page.goto(url, { waitUntil: "load" });
      // Two frames: laid out and painted.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      return performance.now() - start;
    };
    const [plains, times] = [[], []];
    // The first ones start what the browser starts once.
    for (let round = 0; round < 5; round += 1) plains.push(await open(pathToFileURL(plain).href));
    const within = () => LOADED_WITHIN * Math.max(1, Math.min(...plains) / PLAIN_TABLE);
    // What else the machine does at that moment is not the page's: the quickest of some rounds counts.
    for (let round = 0; round < 20 && !(Math.min(...times) < within()); round += 1) {
      plains.push(await open(pathToFileURL(plain).href));
      times.push(await open(url));
    }
    const opened = Math.min(...times);
    assert.equal(await page.locator("#roster tbody tr").count(), 5000);
    const shows = (start) => page.waitForFunction((start) => document.getElementById("shown").value.startsWith(start), start);
    const searches = [];
    for (let round = 0; round < 20 && !(Math.min(...searches) < within()); round += 1) {
      await page.fill("#search", "");
      await shows("5000 ");
      const start = performance.now();
      await page.fill("#search", "person-4321");
      await shows("1 of");
      searches.push(performance.now() - start);
    }
    const searched = Math.min(...searches);
    console.log(`opened in ${Math.round(opened)} ms, searched in ${Math.round(searched)} ms, of ${Math.round(within())} ms`);
    assert.ok(opened < within(), `opened in ${Math.round(opened)} ms`);
    assert.ok(searched < within(), `searched in ${Math.round(searched)} ms`);
  },

  async looks_right({ page }) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(wide, "the page scrolls sideways");
    await page.setViewportSize({ width: 390, height: 844 });
    const narrow = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(narrow, "the page scrolls sideways on a telephone");
    // The picture can be read there, and no word of the roster is broken.
    const small = await page.locator("#reach svg text").first().evaluate((text) => text.getBoundingClientRect().height);
    assert.ok(small > 11, `the picture's text is ${small} high`);
    const rows = await page.$$eval("#roster tbody tr", (rows) => rows.map((row) => row.cells[4].getBoundingClientRect().height));
    assert.ok(Math.max(...rows) < 60, `a row of the roster is ${Math.max(...rows)} high`);
    await page.setViewportSize({ width: 1280, height: 900 });
    const cut = await page.$$eval(".wide", (all) => all.filter((one) => one.scrollWidth > one.clientWidth).length);
    assert.equal(cut, 0, "a table is cut off at 1,280 px");
    await screenshot(page);
  },
};

await run(tests);
