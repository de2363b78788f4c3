/* What the user typed is never lost: drafts, edits, broken connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith, ask, askBriefly, endAnswer, QUESTION, type, useBrowser } from './browser.js';

const openPage = useBrowser();
const OIL = 'How often does the engine oil need changing?';
const box = (page) => page.inputValue('#box');
const inBox = (page, text) =>
    page.waitForFunction((wanted) => document.getElementById('box').value === wanted, text);

async function startNew(page) {
    await page.click('#new-conversation');
    await page.waitForSelector('#welcome:not([hidden])');
}

test('each conversation has its own draft, also after a reload', async () => {
    const { page } = await openPage();

    await askBriefly(page, QUESTION);
    await page.fill('#box', 'a draft about brakes');
    await startNew(page);
    assert.equal(await box(page), '');
    await page.fill('#box', 'a draft of something new');

    await page.click('.conversation-open');
    await page.waitForSelector('.turn');
    await inBox(page, 'a draft about brakes');
    await page.reload();
    await page.waitForSelector('.turn');
    assert.equal(await box(page), 'a draft about brakes');
    await startNew(page);
    await inBox(page, 'a draft of something new');
});

test('an edit survives a reload, and the draft returns after it', async () => {
    const { page } = await openPage();

    await askBriefly(page, QUESTION);
    await page.fill('#box', 'a draft');
    await page.click('[aria-label="Edit message"]');
    await page.fill('#box', 'My car hums when I brake');
    await page.reload();
    await page.waitForSelector('#editing:not([hidden])');
    assert.equal(await box(page), 'My car hums when I brake');
    await page.click('#stop-editing');
    assert.equal(await box(page), 'a draft');
});

test('an edit stays in the box while an answer is regenerated', async () => {
    const { page } = await openPage();

    await askBriefly(page, QUESTION);
    await page.fill('#box', 'a draft');
    await page.click('[aria-label="Edit message"]');
    await page.fill('#box', 'My car hums when I brake');
    await page.click('[aria-label="Regenerate answer"]');
    await page.waitForSelector('.turn[data-phase="writing"]');
    await endAnswer(page);
    await page.waitForSelector('.alternatives-position:text-is("2/2")');
    assert.equal(await box(page), 'My car hums when I brake');
    await page.click('#stop-editing');
    assert.equal(await box(page), 'a draft');
});

test('a failed edit is restored, and so are the turns it replaced', async () => {
    const { page } = await openPage();

    await askBriefly(page, QUESTION);
    await askBriefly(page, OIL);
    await page.click('.turn:first-of-type [aria-label="Edit message"]');
    await answerWith(page, [
        ['error', { code: 'upstream_error', message: 'The provider said no.', retryable: true }],
    ]);
    await ask(page, 'My car hums when I brake');

    assert.equal(await box(page), 'My car hums when I brake');
    assert.ok(await page.isVisible('#editing'));
    assert.equal(await page.locator('.question').count(), 3);
    assert.match(await page.textContent('.turn:last-of-type .alert'), /The provider said no/);
});

test('an answer resumes where its connection broke', async () => {
    const { page } = await openPage();
    let broken = 0;

    await page.route('**/chat/events/*', (route) =>
        broken++ < 1 ? route.abort() : route.continue(),
    );
    await page.addInitScript(() => {
        /* The first answer breaks off after its first delta. */
        const fetch = window.fetch.bind(window);
        let first = true;

        window.fetch = async (path, ...rest) => {
            const response = await fetch(path, ...rest);
            if (path !== '/chat' || !first) return response;
            first = false;
            const reader = response.body.getReader();
            let text = '';
            const body = new ReadableStream({
                async pull(controller) {
                    const { value } = await reader.read();
                    text += new TextDecoder().decode(value);
                    controller.enqueue(value);
                    if (text.includes('event: delta')) controller.close();
                },
            });
            return new Response(body, { headers: response.headers });
        };
    });
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    await type(page, QUESTION);
    await page.waitForSelector('.waiting-text:text("Reconnecting")');
    await page.waitForSelector('.turn[data-phase="done"]');
    const whole = await page.textContent('.answer-body');
    assert.ok(broken >= 2);

    await page.reload();
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.textContent('.answer-body'), whole, 'nothing is repeated or missing');
});

test('being offline is shown, and the message is sent when online again', async () => {
    const { page, context } = await openPage();

    await context.setOffline(true);
    await page.waitForSelector('#offline:not([hidden])');
    await ask(page, QUESTION);
    assert.equal(await box(page), QUESTION);
    assert.match(await page.textContent('.turn .alert'), /cannot be reached/);

    await context.setOffline(false);
    await page.waitForSelector('#offline', { state: 'hidden' });
    await page.waitForSelector('.turn[data-phase="writing"]');
    assert.equal(await box(page), '');
    assert.equal(await page.locator('.turn').count(), 1);
});

test('after a model failure the user can switch the model', async () => {
    const { page } = await openPage();

    await answerWith(page, [
        [
            'error',
            { code: 'upstream_model', message: 'This model is not available.', retryable: true },
        ],
    ]);
    await ask(page, QUESTION);
    await page.click('.alert button:text-is("Switch model")');
    assert.ok(await page.isVisible('#settings'));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'model');
});

test('an expired sign-in leads to the sign-in page and keeps the message', async () => {
    const { page } = await openPage();

    await page.route(
        '**/chat',
        (route) =>
            route.fulfill({
                status: 401,
                contentType: 'application/json',
                body: JSON.stringify({
                    error: { code: 'sign_in', message: 'You are not signed in.' },
                }),
            }),
        { times: 1 },
    );
    await ask(page, QUESTION);
    await Promise.all([page.waitForNavigation(), page.click('.alert button:text-is("Sign in")')]);
    await page.waitForSelector('#welcome:not([hidden])');
    assert.equal(await box(page), QUESTION);
});
