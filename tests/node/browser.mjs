// What the tests of HTML pages have in common. A test is asked for by name:
//     node page.mjs PAGE.html TEST [SCREENSHOT.png]
// It exits with 0 when everything holds, and says what does not.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const [file, name, picture] = process.argv.slice(2);

// How long to wait for anything before it counts as hung, in milliseconds.
export const PATIENCE = 600_000;

export async function newPage(browser, options = {}) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE);
  return page;
}

export async function screenshot(page) {
  if (picture) await page.screenshot({ path: picture, fullPage: true });
}

// Every text stands out against what is behind it, as WCAG 2.2 asks of normal text (1.4.3: 4.5 to 1).
export async function contrast(page) {
  const poor = await page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = rgba(getComputedStyle(at).backgroundColor);
        if (colour[3] > 0) return colour;
      }
      return [255, 255, 255, 255];
    };
    const poor = [];
    for (const element of document.querySelectorAll("body :is(p, th, td, li, span, div, a, b, code, h1, h2, h3, button, label, caption, summary)")) {
      if (element.closest(".skip") || !element.checkVisibility()) continue;
      const [a, b] = [rgba(getComputedStyle(element).color), behind(element)].map(luminance);
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) poor.push(`${element.tagName} ${element.className}: ${ratio.toFixed(2)}`);
    }
    return [...new Set(poor)];
  });
  assert.deepEqual(poor, []);
}

// Runs the test that is asked for.
export async function run(tests) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    timeout: PATIENCE,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  try {
    const url = pathToFileURL(file).href;
    const page = await newPage(browser, { viewport: { width: 1280, height: 900 } });
    const requests = [];
    const complaints = [];
    const errors = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => { if (/Content Security Policy/.test(message.text())) complaints.push(message.text()); });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
    assert.ok(Object.hasOwn(tests, name), `there is no test ${name}`);
    assert.deepEqual(complaints, [], "the page breaks its own policy");
    await tests[name]({ browser, page, url, requests, complaints });
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
}
