/* What the page promises, in a real browser against the real chat. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { answerWith, ask, BASE_URL, DESKTOP, openBrowser, openPage, PHONE, screenshot, type } from './browser.js';

const QUESTION = 'My car shakes when I brake. What could it be?';
const HOSTILE = [
    '# Brakes <script>window.hacked = 1</script>',
    '<img src="https://example.org/x.png" onerror="window.hacked = 1">',
    '![picture](https://example.org/y.png) and [link](https://example.org/) and [bad](javascript:window.hacked=1)',
    '[a request of ours](/get_session_data)',
    '<b onclick="window.hacked = 1">bold</b> <div id="box" class="top" style="position:fixed">box</div>',
    'Use List<String> and H<sub>2</sub>O.',
    '<iframe src="https://example.org/"></iframe><form action="https://example.org/"><input name="a"></form>',
].join('\n\n');

let browser;

before(async () => {
    browser = await openBrowser();
});
after(() => browser.close());
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

test('the page asks nobody else and runs nothing inline', async () => {
    const { page, complaints } = await openPage(browser);
    const response = await page.request.get(BASE_URL);
    const policy = response.headers()['content-security-policy'];

    assert.ok(policy, 'a content security policy is sent');
    assert.doesNotMatch(policy, /unsafe-|https?:|\*/);
    assert.ok(await page.isVisible('#welcome'));
    await screenshot(page, 'welcome-light');
    assert.deepEqual(complaints, []);
});

test('an answer streams in and is still there after a reload', async () => {
    const { page, complaints } = await openPage(browser);

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    const early = await page.textContent('.prose');
    await page.waitForSelector('.turn[data-phase="done"]');
    const whole = await page.textContent('.prose');

    assert.ok(whole.length > early.length, 'the text grew');
    assert.equal(await page.inputValue('#box'), '');
    await page.evaluate(() => window.scrollTo(0, 0));
    await screenshot(page, 'answer-light');

    await page.reload();
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.textContent('.question'), QUESTION);
    assert.equal(await page.textContent('.prose'), whole);
    assert.equal(await page.locator('.turn').count(), 1);
    assert.deepEqual(complaints, []);
});

test('the page follows a growing answer until one scrolls up', async () => {
    const { page } = await openPage(browser, { viewport: { width: 500, height: 360 } });

    await type(page, QUESTION);
    await page.waitForFunction(() => window.scrollY > 100);
    assert.equal(await page.getAttribute('.turn', 'data-phase'), 'writing');
    await page.mouse.move(200, 150);
    await page.mouse.wheel(0, -5000);
    await page.waitForFunction(() => window.scrollY === 0);
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.evaluate(() => window.scrollY), 0);
});

test('stop ends the answer and keeps what is there', async () => {
    const { page } = await openPage(browser);

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    await page.click('#stop');
    await page.waitForSelector('.turn[data-phase="done"]');

    assert.match(await page.textContent('.fine-print'), /stopped/);
    assert.notEqual(await page.textContent('.prose'), '');
    assert.ok(await page.isVisible('#send'));
});

test('a message that failed is back in the box, with the reason, and can be retried', async () => {
    const { page } = await openPage(browser);

    await page.route('**/chat', (route) => route.abort(), { times: 1 });
    await ask(page, QUESTION);
    assert.equal(await page.inputValue('#box'), QUESTION);
    assert.match(await page.textContent('.turn .alert'), /cannot be reached/);
    await screenshot(page, 'failed-light');

    await page.reload();
    assert.equal(await page.inputValue('#box'), QUESTION, 'also after a reload');

    await answerWith(page, [['error', { code: 'upstream_error', message: 'The provider said no.', retryable: true }]]);
    await ask(page, QUESTION);
    assert.match(await page.textContent('.turn .alert'), /The provider said no/);

    await page.click('.turn .alert button:has-text("Retry")');
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.inputValue('#box'), '');
    assert.equal(await page.locator('.turn').count(), 1);
});

test('a page reloaded in mid-answer shows the same answer going on', async () => {
    const { page } = await openPage(browser);

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    const early = await page.textContent('.prose');
    await page.reload();
    await page.waitForSelector('.turn[data-phase="writing"]');
    assert.equal(await page.textContent('.question'), QUESTION);
    assert.equal(await page.inputValue('#box'), '');
    await page.waitForSelector('.turn[data-phase="done"]');
    const whole = await page.textContent('.prose');
    assert.ok(whole.length > early.length, 'the text grew');
    await page.reload();
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal(await page.textContent('.prose'), whole, 'what was followed is what is kept');
    assert.equal(await page.locator('.turn').count(), 1);
});

test('a second tab shows the answer that the first one asked for', async () => {
    const { page, context } = await openPage(browser);

    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    const second = await context.newPage();
    await second.goto(page.url());
    await Promise.all([page, second].map((tab) => tab.waitForSelector('.turn[data-phase="done"]')));
    assert.equal(await second.textContent('.prose'), await page.textContent('.prose'));
});

test('a message that the server never got comes back after a reload', async () => {
    const { page } = await openPage(browser);

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

test('an answer that breaks off is no success', async () => {
    const { page } = await openPage(browser);

    await answerWith(page, [['started', { model: 'm' }], ['delta', { text: 'Half an ans' }]]);
    await ask(page, QUESTION);
    assert.equal(await page.getAttribute('.turn', 'data-phase'), 'failed');
    assert.equal(await page.inputValue('#box'), QUESTION);
});

test('a retracted answer leaves the page', async () => {
    const { page } = await openPage(browser);

    await answerWith(page, [['delta', { text: 'Something unfit' }], ['retracted', { reason: 'It left the subject.' }]]);
    await ask(page, QUESTION);
    assert.equal(await page.textContent('.prose'), '');
    assert.match(await page.textContent('.turn .alert'), /It left the subject/);
    assert.equal(await page.inputValue('#box'), QUESTION);
});

test('what a model writes cannot touch the page', async () => {
    const { page, complaints } = await openPage(browser);

    await answerWith(page, [['delta', { text: HOSTILE }], ['done', { status: 'committed', model: 'm' }]]);
    await ask(page, QUESTION);
    const prose = page.locator('.prose');
    await prose.getByText('bold').click();

    assert.equal(await prose.locator('script, img, iframe, form, input, div:not(.table-frame)').count(), 0);
    assert.equal(await prose.locator('[style], [onclick], [onerror], [id], [class]:not(.table, .table-frame)').count(), 0);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.match(await prose.textContent(), /Use List<String> and H2O/);

    const links = await prose.locator('a[href]').evaluateAll((all) => all.map(({ href, rel, target }) => ({ href, rel, target })));
    assert.deepEqual(links.map((link) => link.href), ['https://example.org/y.png', 'https://example.org/']);
    for (const link of links)
        assert.deepEqual([link.rel, link.target], ['noopener noreferrer', '_blank']);
    assert.deepEqual(complaints, []);
});

test('settings keep the model and never show the key again', async () => {
    const { page } = await openPage(browser);
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
    const { page } = await openPage(browser);
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

test('it works by keyboard', async () => {
    const { page } = await openPage(browser);
    const focused = () => page.evaluate(() => document.activeElement.id);

    assert.equal(await focused(), 'box');
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    assert.equal(await page.inputValue('#box'), 'one\ntwo');
    assert.equal(await page.locator('.turn').count(), 0);

    await page.focus('#open-settings');
    await page.keyboard.press('Enter');
    assert.ok(await page.isVisible('#settings'));
    assert.ok(await page.evaluate(() => document.activeElement.closest('#settings') !== null));
    await page.keyboard.press('Escape');
    assert.ok(await page.isHidden('#settings'));
    assert.equal(await focused(), 'open-settings');

    await page.reload();
    assert.equal(await page.inputValue('#box'), 'one\ntwo', 'the draft is still there');
});

test('light and dark follow the system until one is chosen', async () => {
    const { page } = await openPage(browser, { ...DESKTOP, colorScheme: 'dark' });
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

test('it fits a small phone', async () => {
    const { page } = await openPage(browser, PHONE);
    const overflow = async () => (await page.evaluate(() => document.documentElement.scrollWidth)) - PHONE.viewport.width;

    assert.equal(await overflow(), 0);
    await screenshot(page, 'welcome-phone');
    await answerWith(page, [
        ['delta', { text: `${'long'.repeat(40)}\n\n| a | b |\n|---|---|\n| ${'wide '.repeat(30)} | ${'x'.repeat(90)} |\n\n` }],
        ['delta', { text: `\`\`\`\n${'code '.repeat(40)}\n\`\`\`\n` }],
        ['error', { code: 'upstream_error', message: 'The provider said no.', retryable: true }],
    ]);
    await ask(page, `${QUESTION} ${'w'.repeat(60)}`);
    assert.equal(await overflow(), 0);
    await page.waitForFunction(() => {
        const bottom = (selector) => document.querySelector(selector).getBoundingClientRect().bottom;
        const top = document.querySelector('.composer').getBoundingClientRect().top;
        return bottom('.turn .alert') <= top; /* the box has grown, but not over the reason */
    });
    await screenshot(page, 'failed-phone');
    await page.click('#open-settings');
    assert.equal(await overflow(), 0);
    await screenshot(page, 'settings-phone');
});

test('the page says when answers are samples', async () => {
    const { page } = await openPage(browser);
    const { demo } = await (await page.request.get(`${BASE_URL}/get_session_data`)).json();

    assert.equal(await page.isVisible('#banner'), demo);
    if (demo)
        assert.match(await page.textContent('#banner'), /^Demo answers: no OpenRouter key/);
});
