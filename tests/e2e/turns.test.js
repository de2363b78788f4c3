/* Turns: streaming, stopping, failing, retrying, resuming. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith, ask, QUESTION, screenshot, type, useBrowser } from './browser.js';

const openPage = useBrowser();

test('an answer is streamed and still there after a reload', async () => {
    const { page, complaints } = await openPage();

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    const early = await page.textContent('.answer-body');
    await page.waitForSelector('.turn[data-phase="done"]');
    const whole = await page.textContent('.answer-body');

    assert.ok(whole.length > early.length, 'the text grew');
    assert.equal(await page.inputValue('#box'), '');
    await page.evaluate(() => window.scrollTo(0, 0));
    await screenshot(page, 'answer-light');

    await page.reload();
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.textContent('.question'), QUESTION);
    assert.equal(await page.textContent('.answer-body'), whole);
    assert.equal(await page.locator('.turn').count(), 1);
    assert.deepEqual(complaints, []);
});

test('the page scrolls with a growing answer until the user scrolls up', async () => {
    const { page } = await openPage({ viewport: { width: 500, height: 360 } });

    await type(page, QUESTION);
    await page.waitForFunction(() => window.scrollY > 100);
    assert.equal(await page.getAttribute('.turn', 'data-phase'), 'writing');
    await page.mouse.move(200, 150);
    await page.mouse.wheel(0, -5000);
    await page.waitForFunction(() => window.scrollY === 0);
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.evaluate(() => window.scrollY), 0);
});

test('stop ends the answer and keeps what has arrived', async () => {
    const { page } = await openPage();

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    await page.click('#stop');
    await page.waitForSelector('.turn[data-phase="done"]');

    assert.match(await page.textContent('.answer-details'), /stopped/);
    assert.notEqual(await page.textContent('.answer-body'), '');
    assert.ok(await page.isVisible('#send'));
});

test('a failed message is back in the box, with the reason, and can be retried', async () => {
    const { page } = await openPage();

    await page.route('**/chat', (route) => route.abort(), { times: 1 });
    await ask(page, QUESTION);
    assert.equal(await page.inputValue('#box'), QUESTION);
    assert.match(await page.textContent('.turn .alert'), /cannot be reached/);
    await screenshot(page, 'failed-light');

    await page.reload();
    assert.equal(await page.inputValue('#box'), QUESTION, 'also after a reload');

    await answerWith(page, [
        ['error', { code: 'upstream_error', message: 'The provider said no.', retryable: true }],
    ]);
    await ask(page, QUESTION);
    assert.match(await page.textContent('.turn .alert'), /The provider said no/);

    await page.click('.turn .alert button:has-text("Retry")');
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.inputValue('#box'), '');
    assert.equal(await page.locator('.turn').count(), 1);
});

test('a page reloaded during an answer resumes it', async () => {
    const { page } = await openPage();

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    const early = await page.textContent('.answer-body');
    await page.reload();
    await page.waitForSelector('.turn[data-phase="writing"]');
    assert.equal(await page.textContent('.question'), QUESTION);
    assert.equal(await page.inputValue('#box'), '');
    await page.waitForSelector('.turn[data-phase="done"]');
    const whole = await page.textContent('.answer-body');
    assert.ok(whole.length > early.length, 'the text grew');
    await page.reload();
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(
        await page.textContent('.answer-body'),
        whole,
        'the resumed answer equals the stored one',
    );
    assert.equal(await page.locator('.turn').count(), 1);
});

test('a second tab shows the answer of the first one', async () => {
    const { page, context } = await openPage();

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    const second = await context.newPage();
    await second.goto(page.url());
    await Promise.all([page, second].map((tab) => tab.waitForSelector('.turn[data-phase="done"]')));
    assert.equal(await second.textContent('.answer-body'), await page.textContent('.answer-body'));
});

test('a message that the server never received is restored after a reload', async () => {
    const { page } = await openPage();

    await page.route('**/chat', () => {}, { times: 1 }); /* never answered */
    const request = page.waitForRequest('**/chat');
    await type(page, QUESTION);
    const sent = (await request).postDataJSON();
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    assert.equal(await page.inputValue('#box'), QUESTION);
    const again = page.waitForRequest('**/chat');
    await ask(page, QUESTION);
    assert.equal((await again).postDataJSON().turn_id, sent.turn_id);
});

test('an incomplete answer is a failure', async () => {
    const { page } = await openPage();

    await answerWith(page, [
        ['started', { model: 'm' }],
        ['delta', { text: 'Half an ans' }],
    ]);
    await ask(page, QUESTION);
    assert.equal(await page.getAttribute('.turn', 'data-phase'), 'failed');
    assert.equal(await page.inputValue('#box'), QUESTION);
});

test('a retracted answer is removed from the page', async () => {
    const { page } = await openPage();

    await answerWith(page, [
        ['delta', { text: 'Something unfit' }],
        ['retracted', { reason: 'It left the subject.' }],
    ]);
    await ask(page, QUESTION);
    assert.equal(await page.textContent('.answer-body'), '');
    assert.match(await page.textContent('.turn .alert'), /It left the subject/);
    assert.equal(await page.inputValue('#box'), QUESTION);
});
