/* Page weight: little before the first answer, cached afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askBriefly, BASE_URL, QUESTION, useBrowser } from './browser.js';

const MAX_BYTES = 150 * 1024;
const openPage = useBrowser();

/* Counts everything transferred from now on. */
async function countBytes(page) {
    const counted = { bytes: 0, urls: new Map() };
    const session = await page.context().newCDPSession(page);

    await session.send('Network.enable');
    session.on('Network.requestWillBeSent', ({ requestId, request }) =>
        counted.urls.set(requestId, request.url),
    );
    session.on(
        'Network.loadingFinished',
        ({ encodedDataLength }) => (counted.bytes += encodedDataLength),
    );
    return counted;
}

test('at most 150 KB are transferred before the first answer', async (t) => {
    const { page, context } = await openPage();

    await context.clearCookies();
    await page.goto('about:blank');
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.clearBrowserCache');
    const counted = await countBytes(page);
    await page.goto(BASE_URL);
    await page.waitForSelector('#welcome:not([hidden])');
    await askBriefly(page, QUESTION);
    t.diagnostic(`${Math.round(counted.bytes / 1024)} KB before and with the first answer`);
    assert.ok(counted.bytes > 20_000, 'it was counted');
    assert.ok(counted.bytes <= MAX_BYTES, `${counted.bytes} bytes`);
    for (const url of counted.urls.values())
        assert.ok(url.startsWith(`${BASE_URL}/`) || url.startsWith('data:'), url);
});

test('static files have a hash in their name, are compressed and immutable', async () => {
    const { page } = await openPage();
    const html = await (await page.request.get(BASE_URL)).text();
    const files = [...html.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map(([, path]) => path);

    assert.ok(files.length >= 3);
    for (const path of files) {
        for (const coding of ['gzip', 'br']) {
            const headers = (
                await page.request.get(BASE_URL + path, { headers: { 'Accept-Encoding': coding } })
            ).headers();
            assert.equal(headers['content-encoding'], coding, path);
            assert.match(headers['cache-control'], /immutable/);
        }
        assert.match(path, /-[\w-]{8}\.\w+$/);
    }
});

test('a second visit transfers no file again', async () => {
    const { page } = await openPage();

    await page.waitForLoadState('networkidle');
    const counted = await countBytes(page);
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    await page.waitForLoadState('networkidle');
    assert.ok(counted.bytes < 20_000, `${counted.bytes} bytes`);
});
