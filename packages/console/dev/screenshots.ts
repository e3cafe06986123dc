// Takes pictures of every page in both sizes and themes: node dev/screenshots.ts <address of /console/> <folder> [page …]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [address = '', folder = 'screenshots', ...only] = process.argv.slice(2);
const pages = [
  { name: 'overview', path: '' },
  { name: 'thing', path: 'things/4' },
  { name: 'alerts', path: 'alerts?state=active&state=pending&state=resolved' },
  { name: 'alert', path: 'alerts/9001' },
  { name: 'ingest', path: 'ingest' },
];
const views = [
  { name: 'desk', viewport: { width: 1440, height: 900 }, phone: false },
  { name: 'phone', viewport: { width: 390, height: 844 }, phone: true },
];

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--disable-background-networking',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
  ],
});
for (const { name: view, viewport, phone } of views) {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport, colorScheme, hasTouch: phone, isMobile: phone });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') process.stdout.write(`  ${message.text()}\n`);
    });
    page.on('pageerror', (error) => process.stdout.write(`  ${error.message}\n`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.origin !== new URL(address).origin) {
        process.stdout.write(`  request left the machine: ${request.url()}\n`);
      }
    });
    for (const { name, path } of pages) {
      if (only.length > 0 && !only.includes(name)) continue;
      await page.goto(`${address}${path}`);
      await page.waitForTimeout(name === 'overview' ? 2500 : 1200);
      await page.screenshot({
        path: join(folder, `${name}-${view}-${colorScheme}.png`),
        fullPage: name !== 'overview',
      });
      if (name === 'overview') {
        await page.locator('.thing-button').nth(1).click();
        await page.waitForTimeout(500);
        await page.screenshot({ path: join(folder, `${name}-card-${view}-${colorScheme}.png`) });
      }
    }
    await context.close();
  }
}
await browser.close();
