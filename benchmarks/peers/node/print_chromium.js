// Prints a ready page of HTML; the browser is launched once and stays.
import puppeteer from "puppeteer-core";

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM, pipe: true, args: ["--no-sandbox", "--disable-gpu"],
  protocolTimeout: 170000,
});

export async function render({ html }, target) {
  const page = await browser.newPage();
  try {
    await page.setContent(html, { timeout: 170000 });
    await page.pdf({ path: target, format: "A4", preferCSSPageSize: true, printBackground: true, timeout: 170000 });
  } finally {
    await page.close();
  }
}
