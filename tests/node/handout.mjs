// What a person does with the page of their first day, in a real browser.
import assert from "node:assert/strict";
import { contrast, newPage, run, screenshot } from "./browser.mjs";

const tests = {
  async reads_well({ browser, page, url, requests }) {
    // What is between the tags is closed, as XML asks for.
    const broken = await page.evaluate(async () => {
      const main = new XMLSerializer().serializeToString(document.querySelector("main"));
      return new DOMParser().parseFromString(main, "application/xml").querySelector("parsererror")?.textContent;
    });
    assert.equal(broken, undefined);
    assert.equal(await page.locator("main").count(), 1);
    assert.equal(await page.locator("h1").count(), 1);
    assert.equal(await page.title(), await page.locator("h1").textContent());
    assert.match(await page.locator("html").getAttribute("lang"), /^(en|ja|ko)$/);
    // No level of headings is left out, and no table is without them.
    const levels = await page.$$eval("h1, h2, h3", (all) => all.map((one) => Number(one.tagName[1])));
    assert.ok(levels.every((level, index) => index === 0 ? level === 1 : level <= levels[index - 1] + 1));
    for (const table of await page.locator("table").all()) assert.ok(await table.locator("thead th").count() >= 2);
    assert.deepEqual(await page.$$eval("th", (all) => all.filter((one) => !one.textContent.trim()).length), 0);
    assert.equal(await page.locator("script, img, iframe, form").count(), 0);
    assert.deepEqual(requests.filter((address) => !address.startsWith("file:") && !address.startsWith("data:")), []);
    await contrast(page);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
      assert.ok(fits, `the page scrolls sideways where it is ${width} wide`);
    }
    await page.setViewportSize({ width: 900, height: 900 });
    await screenshot(page);
    const dark = await newPage(browser, { colorScheme: "dark" });
    await dark.goto(url);
    await contrast(dark);
  },

  // What is copied out of a block of code is what stands there, a line for each command.
  async is_copied_line_by_line({ page }) {
    const copied = await page.evaluate(() => {
      const block = [...document.querySelectorAll("pre")].find((one) => one.textContent.includes("aws s3 ls"));
      getSelection().selectAllChildren(block);
      return [getSelection().toString().trimEnd(), block.textContent.trimEnd()];
    });
    assert.equal(copied[0], copied[1]);
    assert.equal(copied[0].split("\n").length, 3);
    // Each begins at the left, and goes on indented.
    const starts = await page.$$eval("pre", (blocks) => {
      const lines = blocks.find((one) => one.textContent.includes("aws s3 ls")).querySelectorAll("code > span");
      return [...lines].map((line) => line.querySelector("span").getBoundingClientRect().left);
    });
    assert.equal(starts.length, 3);
    assert.equal(new Set(starts).size, 1);
  },

  async prints({ page }) {
    await page.emulateMedia({ media: "print" });
    // What fits on A4 upright, within its margins.
    await page.setViewportSize({ width: 680, height: 1000 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 680, `the page is ${wide} wide on paper`);
    const pdf = await page.pdf({ format: "A4" });
    const pages = pdf.toString("latin1").match(/\/Type \/Page\b/g).length;
    assert.ok(pages <= 7, `the page takes ${pages} sheets`);
  },

  // The settings were made with a text that would run if it came to be markup.
  async runs_nothing({ page }) {
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
    assert.ok((await page.locator("main").innerText()).includes("<img src=x onerror="), "the hostile text is shown as text");
    assert.equal(await page.locator("img").count(), 0);
  },
};

await run(tests);
