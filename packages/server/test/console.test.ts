import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { gaugeDatastream, getObject, postEntity } from '../testkit/api.ts';
import { startBelfryProcess, type BelfryProcess } from '../testkit/belfry-process.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** The console in a real browser on a real server. */
describe('the console', { skip: executablePath === undefined ? 'no Chromium is installed' : false }, () => {
  let directory: string;
  let belfry: BelfryProcess;
  let browser: Browser;
  let page: Page;
  let datastreamId: number;
  const foreign: string[] = [];
  const faults: string[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'belfry-console-'));
    belfry = await startBelfryProcess({ directory });
    datastreamId = await postEntity(`${belfry.httpUrl}/v1.1/Datastreams`, gaugeDatastream());
    await postEntity(`${belfry.httpUrl}/rules`, {
      name: 'High water',
      event: 'Flood',
      category: 'Met',
      severity: 'Severe',
      binding: { datastreamIds: [datastreamId] },
      direction: 'above',
      raise: 300,
      clear: 250,
      forSeconds: 0,
    });
    await send(123.4);
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-gpu'],
    });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('request', (request) => {
      if (!request.url().startsWith(belfry.httpUrl) && !/^(data|blob):/.test(request.url()))
        foreign.push(request.url());
    });
    page.on('pageerror', (error) => faults.push(error.message));
  });

  after(async () => {
    await browser.close();
    await belfry.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function send(result: number): Promise<void> {
    await postEntity(`${belfry.httpUrl}/v1.1/Datastreams(${datastreamId})/Observations`, { result });
  }

  it('shows a Thing with its newest value and unit', async () => {
    await page.goto(`${belfry.httpUrl}/`);
    await page.getByText('Mill bridge').first().waitFor();
    await page
      .getByText(/123\.4/)
      .first()
      .waitFor();
  });

  it('shows a new value and a warning without being asked again', async () => {
    await send(345.6);
    await page
      .getByText(/345\.6/)
      .first()
      .waitFor();
    await page
      .getByText(/Severe/)
      .first()
      .waitFor();
  });

  it('opens the page of a Thing by its address', async () => {
    const thing = await getObject(`${belfry.httpUrl}/v1.1/Datastreams(${datastreamId})/Thing`);
    await page.goto(`${belfry.httpUrl}/console/things/${String(thing['@iot.id'])}`);
    await page.getByText('Water level').first().waitFor();
    await page.locator('canvas').first().waitFor();
  });

  it('lists alerts, and what came in and was refused', async () => {
    await page.goto(`${belfry.httpUrl}/console/alerts`);
    await page.getByText('Flood').first().waitFor();
    await fetch(`${belfry.httpUrl}/v1.1/Datastreams(${datastreamId})/Observations`, {
      method: 'POST',
      body: '{"result":"high"}',
    });
    await page.goto(`${belfry.httpUrl}/console/ingest`);
    await page.getByText('wrong-type').first().waitFor();
  });

  it('sends no request away from the server and meets no fault', () => {
    assert.deepEqual(foreign, []);
    assert.deepEqual(faults, []);
  });
});
