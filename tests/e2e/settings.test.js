/* What the page promises of settings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith, ask, askBriefly, BASE_URL, DESKTOP, QUESTION, screenshot, useBrowser } from './browser.js';

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

    await askBriefly(page, QUESTION);
    await page.click('#open-settings');
    await page.click('#clear-chat');
    await page.waitForSelector('#welcome:not([hidden])');
    assert.deepEqual(await history(), []);

    await askBriefly(page, QUESTION);
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
    const choose = async (name) => {
        await page.click('#open-settings');
        await page.selectOption('#theme', name);
        await page.keyboard.press('Escape');
    };

    assert.equal(await theme(), 'dark');
    await ask(page, QUESTION);
    await screenshot(page, 'answer-dark');

    await choose('light');
    assert.equal(await theme(), 'light');
    await page.reload();
    assert.equal(await theme(), 'light');

    await choose('auto');
    assert.equal(await theme(), 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForSelector('html[data-bs-theme="light"]');
});

test('the language is the browser’s until one is chosen', async () => {
    const { page } = await openPage({ ...DESKTOP, locale: 'de-AT' });

    assert.equal(await page.getAttribute('html', 'lang'), 'de');
    assert.match(await page.textContent('#welcome'), /Was beschäftigt Sie/);
    await page.fill('#box', 'Oil?');
    await page.click('#open-settings');
    await page.selectOption('#language', 'en');
    await Promise.all([page.waitForNavigation(), page.click('#settings button[type="submit"]')]);
    await page.waitForSelector('#welcome:not([hidden])');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    assert.match(await page.textContent('#welcome'), /What is on your mind/);
    assert.equal(await page.inputValue('#box'), 'Oil?', 'what was typed is still there');
});

test('what the server says is told in German too', async () => {
    const { page } = await openPage({ ...DESKTOP, locale: 'de-DE' });

    await answerWith(page, [['error', { code: 'upstream_error', message: 'The provider failed. (out of fuel)', retryable: true }]]);
    await ask(page, QUESTION);
    assert.match(await page.textContent('.turn .alert'), /Anbieter.*versagt.*\(out of fuel\)/);
});

test('a model is found, told of and picked by keyboard', async () => {
    const { page } = await openPage();
    const active = () => page.locator('#models .active');

    await page.click('#open-settings');
    await page.focus('#model');
    await page.waitForSelector('#models [role="option"]');
    const all = await page.locator('#models [role="option"]').count();
    assert.match(await page.textContent('#models'), /free.*\d+,\d+ tokens.*\$/s);
    await screenshot(page, 'models-light');

    await page.fill('#model', 'llama');
    await page.waitForFunction((count) => document.querySelectorAll('#models [role="option"]').length < count, all);
    await page.keyboard.press('ArrowDown');
    const name = await active().locator('.model-id').textContent();
    assert.equal(await page.getAttribute('#model', 'aria-activedescendant'), await active().getAttribute('id'));
    assert.match(name, /llama/);
    await page.keyboard.press('Enter');
    assert.equal(await page.inputValue('#model'), name);
    assert.ok(await page.isHidden('#models'));

    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    assert.ok(await page.isHidden('#models') && (await page.isVisible('#settings')), 'Escape closes the list first');
    await page.click('#settings button[type="submit"]');
    await page.waitForSelector('#settings', { state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'open-settings', 'the focus comes back');
    const { model } = await (await page.request.get(`${BASE_URL}/get_session_data`)).json();
    assert.equal(model, name);
});

test('a key is tested and what OpenRouter says of it is shown', async () => {
    const { page } = await openPage();

    await page.click('#open-settings');
    await page.fill('#key', `sk-or-v1-${'0123456789abcdef'.repeat(4)}`);
    await page.focus('#test-key');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#settings-result[data-mood="good"]');
    await page.waitForFunction(() => document.activeElement.id === 'test-key'); /* it was disabled meanwhile */
    assert.match(await page.textContent('#settings-result'), /The key works\. Name: .*(Left of its limit: \$|no limit)/);
});

test('the first visit has a hint, once', async () => {
    const { page } = await openPage();

    assert.ok(await page.isVisible('#first-visit'));
    await page.click('#first-visit button');
    assert.ok(await page.isHidden('#first-visit'));
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    assert.ok(await page.isHidden('#first-visit'));
});

test('the page says when answers are samples', async () => {
    const { page } = await openPage();
    const { demo } = await (await page.request.get(`${BASE_URL}/get_session_data`)).json();

    assert.equal(await page.isVisible('#banner'), demo);
    if (demo)
        assert.match(await page.textContent('#banner'), /^Demo answers: no OpenRouter key/);
});
