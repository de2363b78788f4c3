/* Settings: key, model, theme, language, usage, deleting data. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    answerWith,
    ask,
    askBriefly,
    BASE_URL,
    DESKTOP,
    QUESTION,
    screenshot,
    useBrowser,
} from './browser.js';

const openPage = useBrowser();

test('settings are saved and the key is never shown again', async () => {
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
    assert.match(await page.textContent('#key-status'), /sk-or-v1-.*\.\.\./);
    assert.ok(!(await page.content()).includes(key));

    await page.click('#delete-key');
    await page.waitForSelector('#settings-result[data-kind="success"]');
    assert.doesNotMatch(await page.textContent('#key-status'), /sk-or/);

    await page.fill('#key', 'sk-or-v1-short');
    await page.click('#settings button[type="submit"]');
    await page.waitForSelector('#settings-result[data-kind="error"]');
    assert.match(
        await page.textContent('#key-status'),
        /\.\.\./,
        'an unusual key is saved with a warning',
    );
});

test('clearing leaves an empty page', async () => {
    const { page } = await openPage();
    const history = async () =>
        (await (await page.request.get(`${BASE_URL}/get_session_data`)).json()).chat_history;

    await askBriefly(page, QUESTION);
    await page.click('#open-settings');
    await page.click('#clear-conversation');
    await page.waitForSelector('#welcome:not([hidden])');
    assert.deepEqual(await history(), []);

    await askBriefly(page, QUESTION);
    await page.click('#open-settings');
    await page.click('#clear-all');
    await page.keyboard.press('Escape');
    assert.equal((await history()).length, 2, 'Escape does not confirm');

    const session = async () =>
        (await page.context().cookies()).find((cookie) => cookie.name.endsWith('session')).value;
    const old = await session();
    await page.click('#clear-all');
    await page.click('#confirm-yes');
    await page.waitForSelector('#welcome:not([hidden])');
    assert.deepEqual(await history(), []);
    assert.notEqual(await session(), old);
});

test('the theme follows the system until one is selected', async () => {
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

test('the language is the browser’s until one is selected', async () => {
    const { page } = await openPage({ ...DESKTOP, locale: 'de-AT' });

    assert.equal(await page.getAttribute('html', 'lang'), 'de');
    assert.match(await page.textContent('#welcome'), /Wie kann ich bei Ihrem Auto helfen/);
    await page.fill('#box', 'Oil?');
    await page.click('#open-settings');
    await page.selectOption('#language', 'en');
    await Promise.all([page.waitForNavigation(), page.click('#settings button[type="submit"]')]);
    await page.waitForSelector('#welcome:not([hidden])');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    assert.match(await page.textContent('#welcome'), /How can I help with your car/);
    assert.equal(await page.inputValue('#box'), 'Oil?', 'the typed text is kept');
});

test('server errors are shown in German, too', async () => {
    const { page } = await openPage({ ...DESKTOP, locale: 'de-DE' });

    await answerWith(page, [
        [
            'error',
            {
                code: 'upstream_error',
                message: 'The provider failed. (out of fuel)',
                retryable: true,
            },
        ],
    ]);
    await ask(page, QUESTION);
    assert.match(await page.textContent('.turn .alert'), /Anbieter.*Fehler.*\(out of fuel\)/);
});

test('a model is searched and selected by keyboard', async () => {
    const { page } = await openPage();
    const active = () => page.locator('#models .active');

    await page.click('#open-settings');
    await page.focus('#model');
    await page.waitForSelector('#models [role="option"]');
    const all = await page.locator('#models [role="option"]').count();
    assert.match(await page.textContent('#models'), /free.*\d+,\d+ tokens.*\$/s);
    await screenshot(page, 'models-light');

    await page.fill('#model', 'llama');
    await page.waitForFunction(
        (count) => document.querySelectorAll('#models [role="option"]').length < count,
        all,
    );
    await page.keyboard.press('ArrowDown');
    const name = await active().locator('.model-id').textContent();
    assert.equal(
        await page.getAttribute('#model', 'aria-activedescendant'),
        await active().getAttribute('id'),
    );
    assert.match(name, /llama/);
    await page.keyboard.press('Enter');
    assert.equal(await page.inputValue('#model'), name);
    assert.ok(await page.isHidden('#models'));

    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    assert.ok(
        (await page.isHidden('#models')) && (await page.isVisible('#settings')),
        'Escape closes only the list',
    );
    await page.click('#settings button[type="submit"]');
    await page.waitForSelector('#settings', { state: 'hidden' });
    assert.equal(
        await page.evaluate(() => document.activeElement.id),
        'open-settings',
        'the focus is restored',
    );
    const { model } = await (await page.request.get(`${BASE_URL}/get_session_data`)).json();
    assert.equal(model, name);
});

test('a key is tested and OpenRouter’s reply shown', async () => {
    const { page } = await openPage();

    await page.click('#open-settings');
    await page.fill('#key', `sk-or-v1-${'0123456789abcdef'.repeat(4)}`);
    await page.focus('#test-key');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#settings-result[data-kind="success"]');
    await page.waitForFunction(
        () => document.activeElement.id === 'test-key',
    ); /* it was disabled during the test */
    assert.match(
        await page.textContent('#settings-result'),
        /The key works\. Name: .*(Remaining credit: \$|No credit limit)/,
    );
});

test('a new user sees the introduction once', async () => {
    const { page } = await openPage();

    assert.ok(await page.isVisible('#introduction'));
    await page.click('#introduction button');
    assert.ok(await page.isHidden('#introduction'));
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    assert.ok(await page.isHidden('#introduction'));
});

test('demo mode is shown', async () => {
    const { page } = await openPage();
    const { demo } = await (await page.request.get(`${BASE_URL}/get_session_data`)).json();

    assert.equal(await page.isVisible('#banner'), demo);
    if (demo) assert.match(await page.textContent('#banner'), /^Demo mode: no OpenRouter key/);
});
