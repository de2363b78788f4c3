/* Topics: the off-topic notice, refusals, and safety notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith, ask, QUESTION, screenshot, useBrowser } from './browser.js';

const openPage = useBrowser();
const POEM = 'Write a poem about the sea';

test('an off-topic message gets a notice, and is sent anyway', async () => {
    const { page, complaints } = await openPage();

    await page.fill('#box', POEM);
    await page.waitForSelector('#off-topic:not([hidden])');
    assert.match(await page.textContent('#off-topic'), /about cars and driving/);
    await page.fill('#box', QUESTION);
    await page.waitForSelector('#off-topic', { state: 'hidden' });

    await page.fill('#box', POEM);
    await page.waitForSelector('#off-topic:not([hidden])');
    const asked = page.waitForRequest('**/chat');
    await page.press('#box', 'Enter');
    assert.equal((await asked).postDataJSON().message, POEM);
    await page.waitForSelector('.turn[data-phase="failed"]');
    assert.deepEqual(
        complaints.filter((text) => !text.includes('422')),
        [],
    );
});

test('a refusal explains the purpose and offers examples', async () => {
    const { page } = await openPage();

    await ask(page, POEM);
    assert.match(
        await page.textContent('.turn .notice:not(.safety)'),
        /about cars.*Ask about driving/s,
    );
    assert.equal(await page.inputValue('#box'), POEM);
    await screenshot(page, 'refusal-light');

    const example = page.locator('.turn .examples button').first();
    const words = await example.textContent();
    await example.click();
    await page.waitForSelector('.turn[data-phase="writing"]');
    assert.equal(await page.textContent('.question'), words);
    assert.equal(await page.inputValue('#box'), POEM, 'the typed text is kept');
});

test('dangerous topics carry a fixed safety notice', async () => {
    const { page } = await openPage();
    const answer = (text) =>
        answerWith(page, [
            ['delta', { text }],
            ['done', { status: 'committed', model: 'a/model' }],
        ]);

    await answer('Just drive on.');
    await ask(page, QUESTION);
    assert.match(await page.textContent('.safety'), /^Your life depends on the brakes/);
    await screenshot(page, 'safety-light');
    await answer('Yearly.');
    await ask(page, 'How often does the engine oil need changing?');
    assert.ok(await page.isHidden('.turn:last-of-type .safety'));
    await answer('Nein.');
    await ask(page, 'Darf ich die Hochvoltbatterie öffnen?');
    assert.match(
        await page.textContent('.turn:last-of-type .safety'),
        /^High-voltage batteries can kill/,
    );
});
