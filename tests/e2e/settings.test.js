/* What the page promises of settings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, BASE_URL, DESKTOP, QUESTION, screenshot, type, useBrowser } from './browser.js';

const openPage = useBrowser();

test('settings keep the model and never show the key again', async () => {
    const { page } = await openPage();
    const key = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`;

    await page.click('#open-settings');
    await screenshot(page, 'settings-light');
    await page.fill('#key', key);
    await page.fill('#model', 'openrouter/auto');
    await page.click('#settings button[type="submit"]');
    await page.waitForSelector('#settings', { state: 'hidden' });

    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    await page.click('#open-settings');
    assert.equal(await page.inputValue('#model'), 'openrouter/auto');
    assert.equal(await page.inputValue('#key'), '');
    assert.match(await page.textContent('#key-hint'), /sk-or-v1-.*\.\.\./);
    assert.ok(!(await page.content()).includes(key));

    await page.click('#delete-key');
    await page.waitForSelector('#settings-result[data-mood="good"]');
    assert.doesNotMatch(await page.textContent('#key-hint'), /sk-or/);

    await page.fill('#key', 'sk-or-v1-short');
    await page.click('#settings button[type="submit"]');
    await page.waitForSelector('#settings-result[data-mood="bad"]');
    assert.match(await page.textContent('#key-hint'), /\.\.\./, 'an odd key is kept, with a warning');
});

test('clearing starts with an empty page', async () => {
    const { page } = await openPage();
    const history = async () => (await (await page.request.get(`${BASE_URL}/get_session_data`)).json()).chat_history;

    await ask(page, QUESTION);
    await page.click('#open-settings');
    await page.click('#clear-chat');
    await page.waitForSelector('#welcome:not([hidden])');
    assert.deepEqual(await history(), []);

    await ask(page, QUESTION);
    await page.click('#open-settings');
    await page.click('#clear-all');
    await page.keyboard.press('Escape');
    assert.equal((await history()).length, 2, 'Escape is no yes');

    const session = async () => (await page.context().cookies()).find((cookie) => cookie.name.endsWith('session')).value;
    const old = await session();
    await page.click('#clear-all');
    await page.click('#confirm-yes');
    await page.waitForSelector('#welcome:not([hidden])');
    assert.deepEqual(await history(), []);
    assert.notEqual(await session(), old);
});

test('light and dark follow the system until one is chosen', async () => {
    const { page } = await openPage({ ...DESKTOP, colorScheme: 'dark' });
    const theme = () => page.getAttribute('html', 'data-bs-theme');

    assert.equal(await theme(), 'dark');
    await ask(page, QUESTION);
    await screenshot(page, 'answer-dark');

    await page.click('#theme');
    assert.equal(await theme(), 'light');
    await page.reload();
    assert.equal(await theme(), 'light');

    await page.click('#theme');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForSelector('html[data-bs-theme="light"]'); /* choosing what the system has is following it */
});

test('the page says when answers are samples', async () => {
    const { page } = await openPage();
    const { demo } = await (await page.request.get(`${BASE_URL}/get_session_data`)).json();

    assert.equal(await page.isVisible('#banner'), demo);
    if (demo)
        assert.match(await page.textContent('#banner'), /^Demo answers: no OpenRouter key/);
});
